"""Clients that stall are dropped, and keep nobody else waiting."""

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator

from hooks.media import LARGEST_BODY
from tests.system.server import Server

BEGINNINGS = {
    "headers": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Half",
    "body": b"POST /auth HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{",
}


def test_half_sent_requests_are_dropped_and_hold_nobody_up(server: Server) -> None:
    """R31"""
    began = time.monotonic()
    clients = [(kind, _begin(server, sent)) for kind, sent in BEGINNINGS.items() for _ in range(200)]
    for _ in range(5):
        started = time.monotonic()
        assert server.call("GET", "/livez").status_code == 200
        assert time.monotonic() - started < 1
    for kind, client in clients:
        with client:
            client.settimeout(30)
            answer = b"".join(iter(lambda client=client: client.recv(4096), b""))  # type: ignore[misc]
            assert answer == b"" if kind == "headers" else answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 30
    assert "Traceback" not in server.log()


def test_a_request_that_comes_byte_by_byte_is_dropped_in_the_end(server: Server) -> None:
    """R31"""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(_begin(server, BEGINNINGS["headers"])) for _ in range(40)]
        stack.enter_context(dripping(clients))
        began = time.monotonic()
        assert server.call("GET", "/livez").status_code == 200
        assert time.monotonic() - began < 1
        for client in clients:
            client.settimeout(30)
            with contextlib.suppress(ConnectionResetError):
                assert client.recv(1) == b""
        assert time.monotonic() - began < 30


def test_clients_that_never_close_hold_nobody_up(server: Server) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            client = stack.enter_context(_begin(server, b"GET /livez HTTP/1.0\r\n\r\n"))
            client.settimeout(20)
            assert client.recv(4096).startswith(b"HTTP/1.0 200 ")
        started = time.monotonic()
        for _ in range(10):
            assert server.call("GET", "/livez").status_code == 200
        assert time.monotonic() - started < 1


def test_a_connection_outlives_a_large_body_that_was_refused(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with contextlib.closing(connection):
        for _ in range(3):
            connection.request("POST", "/users", b" " * LARGEST_BODY, {"Content-Type": "application/json"})
            used, answer = connection.sock, connection.getresponse()
            assert (answer.status, bool(answer.read())) == (401, True)
            assert connection.sock is used
            connection.request("GET", "/livez")
            assert connection.getresponse().read() == b'{"status":"ok"}'


def _begin(server: Server, sent: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.port))
    client.sendall(sent)
    return client


@contextlib.contextmanager
def dripping(clients: list[socket.socket]) -> Iterator[None]:
    """Have them send a byte every now and then."""
    over = threading.Event()

    def drip() -> None:
        while not over.wait(0.2):
            for client in clients:
                with contextlib.suppress(OSError):
                    client.send(b"x")

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        yield
    finally:
        over.set()
        dripping.join()
