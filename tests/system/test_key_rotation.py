"""SECRET_KEY is changed on one machine after the other, as docs/key-rotation.md says, and nobody is logged out."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import pytest

from tests.marks import servers_on_postgres
from tests.services.processes import wait_until
from tests.system.machines import PASSWORD, Machine, running_over, shared_stores

pytestmark = servers_on_postgres
OLD, NEW = "the old secret key, of 32 bytes or more", "the new secret key, of 32 bytes or more"
# What a machine is given, step by step.
STEPS = [
    {"SECRET_KEY": OLD},
    {"SECRET_KEY": OLD, "SECRET_KEY_PREVIOUS": NEW},
    {"SECRET_KEY": NEW, "SECRET_KEY_PREVIOUS": OLD},
    {"SECRET_KEY": NEW},
]
BEHIND_A_PROXY = {"Host": "aerie.example", "Origin": "http://aerie.example"}


class Visit(NamedTuple):
    """What root's browser holds after a log-in, and the token of a page."""

    headers: dict[str, str]

    def counts_at(self, machine: Machine) -> bool:
        """Whether a machine takes both for a write."""
        return machine.ask("PATCH", "/user/root", json={"data": {}}, headers=self.headers).status_code == 200


@pytest.fixture(scope="module")
def machines() -> Iterator[list[Machine]]:
    """A machine at each step, over the same stores."""
    with shared_stores("aerie_rotation") as stores, running_over(stores, *STEPS) as serving:
        for machine in serving:
            machine.serve()
        for machine in serving:
            wait_until(machine.is_ready, what="ready")
        yield serving


def visit(machine: Machine) -> Visit:
    form = {"username": "root", "password": PASSWORD}
    cookie = machine.ask("POST", "/admin/login", data=form, headers=BEHIND_A_PROXY).headers["Set-Cookie"]
    browser = BEHIND_A_PROXY | {"Cookie": cookie.partition(";")[0]}
    found = re.search(r'<meta name="csrf-token" content="(\w+)">', machine.ask("GET", "/docs", headers=browser).text)
    assert found
    return Visit(browser | {"X-CSRF-Token": found[1]})


def test_machines_of_which_each_is_a_step_ahead_take_what_the_other_signed(machines: list[Machine]) -> None:
    for one, other in pairwise(machines[:3]):
        assert [visit(one).counts_at(each) for each in (one, other)] == [True, True]
        assert [visit(other).counts_at(each) for each in (one, other)] == [True, True]


def test_the_old_key_is_taken_away_when_nothing_that_it_signed_counts_any_more(machines: list[Machine]) -> None:
    _, _, swapped, last = machines
    assert visit(swapped).counts_at(last)
    assert visit(last).counts_at(swapped)
    old = visit(machines[0])
    assert old.counts_at(swapped)
    assert not old.counts_at(last)


def test_without_the_step_between_machines_refuse_what_others_signed(machines: list[Machine]) -> None:
    first, _, swapped, _ = machines
    assert visit(first).counts_at(swapped)
    assert not visit(swapped).counts_at(first)


def test_an_answer_that_is_kept_under_one_key_is_given_again_under_the_other(machines: list[Machine]) -> None:
    token = machines[0].log_in("root")
    task = {"type": "delay", "seconds": 0}
    said = [
        machine.ask("POST", "/tasks", token, json=task, headers={"Idempotency-Key": "one-key-for-all"})
        for machine in machines[:3]
    ]
    assert [each.status_code for each in said] == [202] * 3
    assert len({each.json()["id"] for each in said}) == 1


def test_a_machine_with_a_key_of_its_own_refuses_the_others_and_ends_nothing(machines: list[Machine]) -> None:
    first, *_, last = machines
    token = first.log_in("root")
    assert last.ask("GET", "/user/root", token).status_code == 401
    assert first.ask("GET", "/user/root", token).status_code == 200
