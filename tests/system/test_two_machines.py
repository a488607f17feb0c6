"""Two machines that serve and two that work, over one Postgres and one Redis: it is no matter which one is asked."""

import itertools
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import pytest

from tests.chaos.crew import JAVASCRIPT, SCHEDULER, WORKER, kill, sandboxes
from tests.chaos.invariants import check, let_leases_end, note_changes, wait_for_the_end
from tests.marks import servers_on_postgres
from tests.services.processes import wait_until
from tests.system.machines import PASSWORD, Machine, Stores, running_over, shared_stores

pytestmark = servers_on_postgres
ANOTHER_PASSWORD = "another rather long one"
BEHIND_A_PROXY = {"Host": "aerie.example", "Origin": "http://aerie.example"}
FOR_EVER = {"type": "javascript", "code": "for (;;);"}
# In seconds.
STOPPED_WITHIN, ENDS_WITHIN = 2, 30
# By which each machine's sandboxes are known.
MEMORIES = (421, 422)
_names = (f"bob{number}" for number in itertools.count())


class Machines(NamedTuple):
    """Two that serve, and two that work."""

    stores: Stores
    a: Machine
    b: Machine
    one: Machine
    two: Machine


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    """JavaScript runs on the first of those that work, until a test starts it on the other."""
    sandboxed = [{"JS_MEMORY_MB": str(memory_mb)} for memory_mb in MEMORIES]
    with shared_stores("aerie_machines") as stores, running_over(stores, {}, {}, *sandboxed) as (a, b, one, two):
        note_changes(stores.ask_database)
        for serving in (a.serve(), b.serve()):
            wait_until(serving.is_ready, what="ready")
        one.crew.start(WORKER, JAVASCRIPT, SCHEDULER)
        two.crew.start(WORKER, SCHEDULER)
        yield Machines(stores, a, b, one, two)
        log = "".join(machine.log() for machine in (a, b, one, two))
        ids = [row[0] for row in stores.ask_database("SELECT id FROM task")]
        check(stores.ask_database, ids, log=log, memory_mb=MEMORIES[0])
        assert sandboxes(MEMORIES[1]) == []


@pytest.fixture
def bob(machines: Machines) -> str:
    """The name of somebody new."""
    name = next(_names)
    assert machines.a.ask("POST", "/user", json={"username": name, "password": PASSWORD}).status_code == 201
    return name


@pytest.mark.parametrize("way", ["log out", "new password", "deletion by an admin", "erasure"])
def test_a_session_of_one_machine_counts_at_the_other_and_is_dead_there_at_once(
    machines: Machines, bob: str, way: str
) -> None:
    a, b = machines.a, machines.b
    token, other = a.log_in(bob), b.log_in(bob)
    me = b.ask("GET", f"/user/{bob}", token).json()
    asked: tuple[str, str, str, Any] = {
        "log out": ("DELETE", "/auth", token, None),
        "new password": (
            "PATCH",
            f"/users/{me['id']}",
            other,
            {"password": ANOTHER_PASSWORD, "current_password": PASSWORD},
        ),
        "deletion by an admin": ("DELETE", f"/users/{me['id']}", b.log_in("root"), None),
        "erasure": ("DELETE", f"/user/{bob}", other, None),
    }[way]
    method, path, by, document = asked
    assert [each.ask("GET", f"/user/{bob}", token).status_code for each in (a, b)] == [200, 200]
    assert b.ask(method, path, by, json=document).status_code in (200, 204)
    assert a.ask("GET", f"/user/{bob}", token).status_code == 401
    assert b.ask("GET", f"/user/{bob}", token).status_code == 401


@pytest.mark.parametrize("task", [{"type": "delay", "seconds": 1}, {"type": "javascript", "code": "6 * 7"}])
def test_who_waits_at_one_machine_hears_of_the_end_of_a_task_from_the_other(
    machines: Machines, task: dict[str, Any]
) -> None:
    token = machines.a.log_in("root")
    path = machines.a.ask("POST", "/tasks", token, json=task).headers["Location"]
    began = time.monotonic()
    said = machines.b.ask("GET", path, token, headers={"Prefer": "wait=30"}).json()
    assert (said["status"], said["result"]) == ("succeeded", 42 if task["type"] == "javascript" else 0)
    assert time.monotonic() - began < 10


def test_what_runs_on_a_third_machine_is_stopped_from_the_second(machines: Machines) -> None:
    token = machines.a.log_in("root")
    path = machines.a.ask("POST", "/tasks", token, json=FOR_EVER).headers["Location"]
    wait_until(lambda: len(sandboxes(MEMORIES[0])) == 1, what="it runs on the first")
    began = time.monotonic()
    assert machines.b.ask("DELETE", path, token).status_code == 202
    wait_until(lambda: status(machines.a, path, token) == "cancelled", seconds=STOPPED_WITHIN, what="cancelled")
    assert sandboxes(MEMORIES[0]) == []
    print(f"cancelled after {time.monotonic() - began:.2f} s")


def test_what_ran_on_a_machine_that_dies_ends_on_another(machines: Machines) -> None:
    token = machines.a.log_in("root")
    code = "new Promise(done => setTimeout(done, 1500, 42))"
    tasks = [{"type": "javascript", "code": code}] * 3 + [{"type": "delay", "seconds": 2}] * 3
    for task in tasks:
        assert machines.a.ask("POST", "/tasks", token, json=task).status_code == 202
    wait_until(lambda: len(sandboxes(MEMORIES[0])) == 3, what="they run on the first")
    kill(*machines.one.crew.pids())
    wait_until(lambda: sandboxes(MEMORIES[0]) == [], seconds=3, what="its sandboxes are dead")
    machines.two.crew.start(JAVASCRIPT)
    began = time.monotonic()
    # Which tests of killed workers wait for.
    let_leases_end(machines.stores.ask_database)
    wait_for_the_end(machines.stores.ask_database, seconds=ENDS_WITHIN)
    print(f"all ended after {time.monotonic() - began:.2f} s")
    died = machines.stores.ask_database("SELECT DISTINCT status, attempt FROM task WHERE deaths = 1")
    assert died == [("succeeded", 2)]


def test_a_key_that_is_used_at_both_at_once_does_it_once(machines: Machines) -> None:
    token = machines.a.log_in("root")

    def start(machine: Machine, key: str) -> Any:
        headers = {"Idempotency-Key": key}
        return machine.ask("POST", "/tasks", token, json={"type": "delay", "seconds": 0}, headers=headers)

    with ThreadPoolExecutor(4) as threads:
        for number in range(5):
            asked = partial(start, key=f"key-{number}-of-both")
            said = list(threads.map(asked, (machines.a, machines.b) * 2))
            assert {each.status_code for each in said} == {202}
            assert len({each.json()["id"] for each in said}) == 1
            assert sorted("Idempotent-Replayed" in each.headers for each in said) == [False, True, True, True]


def test_log_ins_that_fail_are_counted_together(machines: Machines, bob: str) -> None:
    wrong = {"username": bob, "password": "not the right password"}
    said = [machine.ask("POST", "/auth", json=wrong).status_code for machine in (machines.a, machines.b) * 6]
    assert said == [401] * 10 + [429] * 2


def test_a_page_of_one_machine_sends_its_form_to_the_other(machines: Machines, bob: str) -> None:
    form = {"username": bob, "password": PASSWORD}
    cookie = machines.a.ask("POST", "/admin/login", data=form, headers=BEHIND_A_PROXY).headers["Set-Cookie"]
    browser = BEHIND_A_PROXY | {"Cookie": cookie.partition(";")[0]}
    page = machines.a.ask("GET", "/docs", headers=browser).text
    found = re.search(r'<meta name="csrf-token" content="(\w+)">', page)
    assert found, page
    change = partial(machines.b.ask, "PATCH", f"/user/{bob}", json={"data": {"a": 1}})
    assert change(headers=browser).status_code == 403
    assert change(headers=browser | {"X-CSRF-Token": found[1]}).status_code == 200


def status(machine: Machine, path: str, token: str) -> str:
    return str(machine.ask("GET", path, token).json()["status"])
