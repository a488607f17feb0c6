"""Which machine the proxy asks, and how often."""

import socket
import threading
import time

import requests

from tests.services.caddy import caddy
from tests.services.counter import Caller, CounterServer, answers, resets
from tests.services.processes import free_port, wait_until
from tests.system.proxied import Proxied, problem_of, seen_through

# More than kernels hold between three programs, and less than the proxy does.
LARGE_ANSWER = 15 * 1024 * 1024


def breaks_after_it_was_asked(caller: Caller) -> None:
    (answers(200) if caller.request.target == "/readyz" else resets)(caller)


def test_a_machine_that_is_not_ready_or_not_there_gets_no_request(proxied: Proxied) -> None:
    with CounterServer(answers(503)) as draining:
        machines = (draining.port, free_port(), proxied.server.port)
        with caddy(*(f"127.0.0.1:{port}" for port in machines)) as proxy:
            _wait_until_asked(draining)
            site = seen_through(proxy, proxied.server)
            for turn in range(20):
                made = site.call("POST", "/user", json={"username": f"one{turn}", "password": "a rather long one"})
                assert made.status_code == 201
        assert {each.target for each in draining.received} == {"/readyz"}


def test_where_no_machine_is_ready_the_answer_is_503_within_a_second() -> None:
    with CounterServer(answers(503)) as draining, caddy(f"127.0.0.1:{draining.port}") as proxy:
        _wait_until_asked(draining)
        started = time.monotonic()
        answer = requests.get(f"{proxy.url}/user/alice", timeout=10)
        assert time.monotonic() - started < 1
        assert problem_of(answer) == ("/problems/unavailable", 503)


def test_a_machine_hears_of_a_request_when_it_has_come() -> None:
    with CounterServer() as machine, caddy(f"127.0.0.1:{machine.port}") as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")
            time.sleep(0.5)
            wait_until(lambda: not machine.connections, seconds=5, what="nothing but looks at whether it is ready")
            client.sendall(b"}")
            assert client.recv(100).startswith(b"HTTP/1.1 200 ")
        assert [each.body for each in machine.received if each.method == "POST"] == [b"{}"]


def test_a_machine_is_rid_of_an_answer_that_nobody_reads() -> None:
    given = threading.Event()

    def gives(caller: Caller) -> None:
        answers(200, b"x" * LARGE_ANSWER)(caller)
        if caller.request.target == "/":
            given.set()

    with CounterServer(gives) as machine, caddy(f"127.0.0.1:{machine.port}") as proxy, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", proxy.port))
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert given.wait(10)


def test_a_write_that_was_sent_is_never_sent_again() -> None:
    with CounterServer(breaks_after_it_was_asked) as machine, caddy(f"127.0.0.1:{machine.port}") as proxy:
        answer = requests.post(f"{proxy.url}/tasks", json={"type": "delay"}, timeout=10)
        assert problem_of(answer) == ("/problems/unavailable", 502)
        assert [each.method for each in machine.received if each.target == "/tasks"] == ["POST"]


def _wait_until_asked(machine: CounterServer) -> None:
    # The answer to the first is known when there is a second.
    wait_until(lambda: len(machine.received) > 1, what="asked whether it is ready")
