"""Promise 7: while Redis is away every answer comes within a second, 503 or right; after, all is well again."""

import base64
import json
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

import pytest

from tests.chaos.house import PASSWORD, House
from tests.chaos.load import Said
from tests.length import at_length
from tests.services.processes import wait_until

WITHIN, HEALED_WITHIN = 1.0, 3.0
ROUNDS, DEATHS = at_length(4, 30), at_length(2, 20)
FORGED = "eyJhbGciOiJIUzI1NiJ9.e30.x"
RIGHT = {"username": "alice", "password": PASSWORD}
WRONG = {"username": "alice", "password": "not the right password"}


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with House() as running:
        yield running
        assert '"level":"error"' not in running.log(), "nothing was unexpected"


@pytest.fixture(params=[signal.SIGSTOP, signal.SIGKILL], ids=["stopped", "killed"])
def brought_back(request: pytest.FixtureRequest, house: House) -> Iterator[Callable[[], None]]:
    """Takes Redis away, in one of two ways, and gives what brings it back."""
    by: signal.Signals = request.param
    house.signal_redis(by)
    # Once only, whoever calls it first.
    back = cache(partial(house.signal_redis, signal.SIGCONT) if by is signal.SIGSTOP else house.start_redis)
    yield back
    back()
    wait_until(house.is_well, what="well for the next test")


def mixed(house: House) -> list[tuple[int, Callable[[], Said]]]:
    """Forty requests, each with the status that it must have while Redis is away."""
    payload = house.token.split(".")[1]
    session_id = json.loads(base64.urlsafe_b64decode(payload + "=="))["jti"]
    new: dict[str, Any] = {"data": {"away": True}}
    cases: list[tuple[int, str, str, Any, str | None]] = [
        (503, "GET", "/", None, house.token),
        (503, "GET", "/user/alice", None, house.token),
        (503, "PUT", "/user/alice", new, house.token),
        (503, "PATCH", "/user/alice", new, house.token),
        (503, "DELETE", "/user/alice", None, house.token),
        (503, "GET", "/user/bob", None, house.token),
        (503, "GET", "/auth/sessions", None, house.token),
        (503, "GET", f"/auth/sessions/{session_id}", None, house.token),
        (503, "DELETE", f"/auth/sessions/{session_id}", None, house.token),
        (503, "DELETE", "/auth/sessions", None, house.token),
        (503, "DELETE", "/auth", None, house.token),
        (503, "POST", "/auth", RIGHT, None),
        (503, "POST", "/auth", WRONG, None),
        (503, "GET", "/readyz", None, None),
        (200, "GET", "/", None, None),
        (200, "GET", "/", None, FORGED),
        (200, "GET", "/livez", None, None),
        (200, "GET", "/openapi.json", None, None),
        (401, "GET", "/user/alice", None, None),
        (401, "GET", "/user/alice", None, FORGED),
    ]

    def asking(method: str, path: str, document: Any, token: str | None) -> Callable[[], Said]:
        return lambda: house.ask(method, path, document, token=token)

    return [(status, asking(*request)) for status, *request in cases * 2]


def test_while_redis_is_away_every_answer_is_right_within_a_second(
    house: House, brought_back: Callable[[], None]
) -> None:
    """R06"""
    before = database_rows(house)
    with ThreadPoolExecutor(40) as threads:
        for _ in range(ROUNDS):
            cases = mixed(house)
            expected = [status for status, _ in cases]
            said = list(threads.map(lambda case: case[1](), cases))
            assert [each.status for each in said] == expected
            assert max(each.took for each in said) < WITHIN
            assert all("Retry-After" in each.headers for each in said if each.status == 503)
    brought_back()
    began = time.monotonic()
    wait_until(house.is_well, seconds=HEALED_WITHIN, what="well again, with the sessions from before")
    assert time.monotonic() - began < HEALED_WITHIN
    assert database_rows(house) == before, "what was refused was not done"
    assert house.log_in()


@pytest.mark.usefixtures("brought_back")
def test_signing_up_needs_no_redis(house: House) -> None:
    name = f"bob{uuid.uuid4().hex}"
    said = house.ask("POST", "/user", {"username": name, "password": "bob's long password"})
    assert (said.status, said.json["username"]) == (201, name)


def test_a_redis_that_dies_and_comes_back_under_load_costs_503_and_no_500(house: House) -> None:
    """R04, with the append-only file: whoever was logged in still is."""
    stop, said = threading.Event(), []

    def load(which: int) -> None:
        while not stop.is_set():
            said.append(house.ask("PATCH", "/user/alice", {"data": {str(which): 1}}, token=house.token))

    with ThreadPoolExecutor(4) as threads:
        for which in range(4):
            threads.submit(load, which)
        try:
            for _ in range(DEATHS):
                wait_until(lambda: said and said[-1].status == 200, what="work")
                house.signal_redis(signal.SIGKILL)
                wait_until(lambda: said[-1].status == 503, what="a refusal")
                house.start_redis()
                wait_until(house.is_well, seconds=HEALED_WITHIN, what="well again")
        finally:
            stop.set()
    assert {each.status for each in said} == {200, 503}
    assert max(each.took for each in said) < WITHIN
    assert all("Retry-After" in each.headers for each in said if each.status == 503)


def test_after_an_empty_redis_everyone_logs_in_again_and_nothing_else_is_lost(house: House) -> None:
    profile = {"data": {"kept": [1, "\0"]}, "email": "alice@example.com"}
    account = house.ask("PUT", "/user/alice", profile, token=house.token).json
    before = database_rows(house)
    house.signal_redis(signal.SIGKILL)
    house.empty_redis()
    wait_until(lambda: house.status("GET", "/readyz") == 200, seconds=HEALED_WITHIN, what="ready")
    wait_until(
        lambda: [house.ask("GET", "/user/alice", token=house.token).status for _ in range(10)] == [401] * 10,
        seconds=HEALED_WITHIN,
        what="401, not 503, from both processes",
    )
    assert house.ask("GET", "/", token=house.token).json == {"message": "Hello World"}
    assert database_rows(house) == before
    house.token = house.log_in()
    assert house.is_well()
    assert house.ask("GET", "/user/alice", token=house.token).json == account
    assert house.ask("POST", "/auth", WRONG).status == 401, "the throttle's scripts are there again too"


def database_rows(house: House) -> dict[str, list[tuple[Any, ...]]]:
    return {table: house.ask_database(f"SELECT * FROM {table} ORDER BY id") for table in ("users", "audit_entry")}
