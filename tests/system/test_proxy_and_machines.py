"""Which machine the proxy asks, and how often."""

import time

import requests

from tests.services.caddy import caddy
from tests.services.counter import Caller, CounterServer, answers, resets
from tests.services.processes import free_port, wait_until
from tests.system.proxied import Proxied, problem_of, seen_through


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


def test_a_write_that_was_sent_is_never_sent_again() -> None:
    with CounterServer(breaks_after_it_was_asked) as machine, caddy(f"127.0.0.1:{machine.port}") as proxy:
        answer = requests.post(f"{proxy.url}/tasks", json={"type": "delay"}, timeout=10)
        assert problem_of(answer) == ("/problems/unavailable", 502)
        assert [each.method for each in machine.received if each.target == "/tasks"] == ["POST"]


def _wait_until_asked(machine: CounterServer) -> None:
    # The answer to the first is known when there is a second.
    wait_until(lambda: len(machine.received) > 1, what="asked whether it is ready")
