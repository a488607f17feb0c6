"""What the head of a request says against it is answered before anything else of it is waited for."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from incoming import LARGEST_HEAD
from tests.system.server import Server

JSON = b"Content-Type: application/json\r\n"
EXPECTING = b"Host: x\r\nExpect: 100-continue\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
PASSWORD = "a rather long one"


def account(name: str) -> bytes:
    return json.dumps({"username": name, "password": PASSWORD}).encode()


def padded(size: int, *, ends: bool = True) -> bytes:
    """A head of so many bytes, in fields of which none is too long."""
    head = b"GET /livez HTTP/1.1\r\nHost: x\r\n"
    end = b"\r\n" if ends else b""
    while (room := size - len(head) - len(end)) > 0:
        value = min(room - 5, 8000) if room > 8020 else room - 5
        head += b"X: " + b"x" * value + b"\r\n"
    assert len(head + end) == size
    return head + end


@contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=4) as client:
        yield client


def answered(client: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """One answer, and no more of what comes."""
    stream = client.makefile("rb", buffering=0)
    status = int(stream.readline().split()[1])
    headers = {}
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode().partition(": ")
        headers[name.lower()] = value.rstrip()
    # Metrics are long enough to come in pieces.
    length, body = int(headers["content-length"]), b""
    while len(body) < length:
        body += stream.read(length - len(body))
    return status, headers, body


def test_a_head_may_have_32_kib(server: Server) -> None:
    for size, wanted in ((LARGEST_HEAD, 200), (LARGEST_HEAD + 1, 431), (LARGEST_HEAD + 8000, 431), (120_000, 431)):
        with connected(server) as client:
            client.sendall(padded(size))
            status, headers, body = answered(client)
            assert status == wanted, size
            if status == 431:
                assert json.loads(body)["type"] == "/problems/header-too-large"
                assert headers["connection"] == "close"


def test_a_head_that_is_too_large_is_refused_before_it_ends(server: Server) -> None:
    for size in (LARGEST_HEAD + 1, 60_000):
        with connected(server) as client:
            client.sendall(padded(size, ends=False))
            assert answered(client)[0] == 431
    with connected(server) as client:
        client.sendall(b"GET /" + b"x" * 50_000)
        assert answered(client)[0] == 414


def test_the_next_head_on_a_connection_is_counted_by_itself(server: Server) -> None:
    with connected(server) as client:
        for _ in range(3):
            client.sendall(padded(20_000) + padded(20_000))
            assert [answered(client)[0] for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(
    ("line", "fields", "status"),
    [
        (b"POST /user", JSON + b"Content-Length: 1048577\r\n", 413),
        (b"POST /user", b"Content-Type: text/plain\r\nContent-Length: 30\r\n", 415),
        (b"POST /user", b"Content-Length: 30\r\n", 415),
        (b"POST /user", JSON + b"Content-Encoding: gzip\r\nContent-Length: 30\r\n", 415),
        (b"POST /users", JSON + b"Content-Length: 30\r\n", 401),
        (b"POST /tasks", JSON + b"Transfer-Encoding: chunked\r\n", 401),
        (b"PATCH /users/1", JSON + b"Content-Length: 30\r\n", 401),
        (b"POST /nowhere", JSON + b"Content-Length: 30\r\n", 404),
        (b"POST //user", JSON + b"Content-Length: 30\r\n", 404),
        (b"PUT /user", JSON + b"Content-Length: 30\r\n", 405),
        (b"POST /admin/login", b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 30\r\n", 403),
    ],
)
def test_what_is_refused_by_its_head_is_not_told_to_go_on(
    server: Server, line: bytes, fields: bytes, status: int
) -> None:
    with connected(server) as client:
        began = time.monotonic()
        client.sendall(line + b" HTTP/1.1\r\n" + EXPECTING + fields + b"\r\n")
        found, headers, _ = answered(client)
        assert (found, headers["connection"]) == (status, "close")
        # What comes now may be the body or the next request: neither is looked at.
        client.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(1) == b""
        assert time.monotonic() - began < 4


def test_what_is_not_refused_by_its_head_is_told_to_go_on_once(server: Server) -> None:
    with connected(server) as client:
        for number, chunked in enumerate((False, True, False)):
            body = account(f"expecting-{number}")
            framing = b"Transfer-Encoding: chunked\r\n" if chunked else b"Content-Length: %d\r\n" % len(body)
            client.sendall(b"POST /user HTTP/1.1\r\n" + EXPECTING + JSON + framing + b"\r\n")
            assert client.recv(len(CONTINUE)) == CONTINUE
            client.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if chunked else body)
            status, headers, _ = answered(client)
            assert (status, headers["connection"]) == (201, "keep-alive")


def test_a_body_that_comes_without_waiting_is_taken_or_thrown_away(server: Server) -> None:
    body = account("impatient")
    rest = EXPECTING + JSON + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with connected(server) as client:
        client.sendall(b"POST /users HTTP/1.1\r\n" + rest)
        assert answered(client)[0] == 401
        assert client.recv(1) == b""
    with connected(server) as client:
        client.sendall(b"POST /user HTTP/1.1\r\n" + rest)
        assert client.recv(len(CONTINUE)) == CONTINUE
        assert answered(client)[0] == 201


def test_a_request_without_a_body_has_nothing_to_wait_for(server: Server) -> None:
    with connected(server) as client:
        for fields in (b"", b"Content-Length: 0\r\n"):
            client.sendall(b"GET /livez HTTP/1.1\r\n" + EXPECTING + fields + b"\r\n")
            status, headers, _ = answered(client)
            assert (status, headers["connection"]) == (200, "keep-alive")


@pytest.mark.parametrize("expectation", [b"200-maybe", b"100-continue, 200-ok", b"", b'100-continue;a="b"'])
def test_any_other_expectation_fails(server: Server, expectation: bytes) -> None:
    body = account("expecting-more")
    with connected(server) as client:
        client.sendall(
            b"POST /user HTTP/1.1\r\nHost: x\r\nExpect: " + expectation + b"\r\n" + JSON
            + b"Content-Length: %d\r\n\r\n" % len(body) + body
        )  # fmt: skip
        status, _, said = answered(client)
        assert (status, json.loads(said)["type"]) == (417, "/problems/expectation-failed")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /livez HTTP/1.1\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost:\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: user@a\r\n\r\n", 400),
        (b"GET /livez HTTP/1.0\r\nHost: user@a\r\n\r\n", 400),
        (b"GET http://b/livez HTTP/1.1\r\n\r\n", 400),
        (b"GET http://user@b/livez HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET http:///livez HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET http://b//livez HTTP/1.1\r\nHost: b\r\n\r\n", 404),
        (b"GET http://b/livez HTTP/1.1\r\nHost: b\r\n\r\n", 200),
        (b"GET http://b HTTP/1.1\r\nHost: b\r\n\r\n", 200),
        (b"GET http://evil.example/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 403),
        (b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
        (b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n", 200),
        (b"GET //livez HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        (b"GET /livez/ HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        (b"GET /livez HTTP/1.0\r\n\r\n", 200),
    ],
)
def test_hosts_and_targets(server: Server, sent: bytes, status: int) -> None:
    with connected(server) as client:
        client.sendall(sent)
        found, _, body = answered(client)
        assert found == status
        assert status == 200 or json.loads(body)["status"] == status
