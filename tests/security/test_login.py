"""A refused log-in gives nothing away: not by its words, not by its headers, not by its time."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from models import password
from models.roles import Role
from models.stores import database
from tests.client import Client
from tests.people import Person
from tests.security.asking import Answer, ask_json
from tests.security.conftest import CheckedPasswords

WRONG = "not the right password"
REFUSALS = {
    "unknown": ("nobody", WRONG),
    "wrong": ("alice", WRONG),
    "erased": ("erased", "erased's long password"),
    "soft-deleted": ("deleted", "deleted's long password"),
    "over-long name": ("a" * 5000, WRONG),
    "over-long password": ("alice", "x" * 5000),
    "impossible name": ("../alice", WRONG),
    "name with NUL": ("alice\0", "alice's long password"),
    "name with a space": ("alice ", "alice's long password"),
    "empty name": ("", WRONG),
    "empty password": ("alice", ""),
    "both empty": ("", ""),
    "password in another case": ("alice", "ALICE'S LONG PASSWORD"),
    "password with more": ("alice", "alice's long password\0"),
}


@pytest.fixture
def everybody(person: Callable[..., Person]) -> None:
    """alice, who is here; erased, who has left for good; deleted, whom an admin has flagged."""
    person("alice")
    erased = person("erased")
    erased.user.erase(by=erased.as_actor())
    deleted = person("deleted").id
    database.execute_sql(f"UPDATE users SET deleted_at = '2026-01-01T00:00:00.000000Z' WHERE id = {deleted}")


def refused(app: object, case: str, *, address: str = "192.0.2.1") -> Answer:
    username, given = REFUSALS[case]
    document = {"username": username, "password": given}
    answer = ask_json(
        app, "POST", "/auth", document, headers={"X-Request-ID": "same"}, environ={"REMOTE_ADDR": address}
    )
    assert answer.status == 401
    return answer


@pytest.mark.usefixtures("everybody")
@pytest.mark.parametrize("case", REFUSALS)
def test_every_refused_log_in_is_the_same_to_the_byte(app: object, case: str) -> None:
    assert refused(app, case) == refused(app, "unknown")


@pytest.mark.usefixtures("everybody")
@pytest.mark.parametrize("case", REFUSALS)
def test_every_refused_log_in_costs_one_comparison(app: object, checks: CheckedPasswords, case: str) -> None:
    refused(app, case)
    assert checks.costs == [password.COST]


def own_time() -> float:
    """A clock in seconds that stands still while others have this thread's processor."""
    stood_in_line = int(Path("/proc/thread-self/schedstat").read_text().split()[1])
    return time.perf_counter() - stood_in_line / 1e9


def test_every_refused_log_in_takes_the_same_time(
    app: object, person: Callable[..., Person], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password, "COST", 8)
    request.getfixturevalue("everybody")
    refused(app, "unknown")  # makes the hash that is nobody's
    cases = ("unknown", "wrong", "erased", "soft-deleted", "over-long name", "over-long password")
    took: dict[str, list[float]] = {case: [] for case in cases}
    for turn in range(21):
        for case in cases:
            began = own_time()
            refused(app, case, address=f"192.0.2.{turn}")
            took[case].append(own_time() - began)
    # Two points of each distribution: above the median stands what else the machine did.
    quartiles = {case: statistics.quantiles(times)[:2] for case, times in took.items()}
    # A log-in that hashed nothing would take a fifth of the time of one that did.
    for quartile in zip(*quartiles.values(), strict=True):
        assert max(quartile) < 1.4 * min(quartile), quartiles


@pytest.mark.usefixtures("everybody")
def test_the_name_of_a_soft_deleted_account_can_be_taken_and_opens_the_new_one(api: Client) -> None:
    taken = {"username": "deleted", "password": "another long password"}
    assert api.post_json("/user", taken).status_int == 201
    assert api.post_json("/auth", taken).status_int == 201
    assert api.post_json("/auth", taken | {"password": "deleted's long password"}).status_int == 401


@pytest.mark.parametrize("role", Role)
def test_a_refusal_does_not_tell_admins_from_users(app: object, person: Callable[..., Person], role: Role) -> None:
    person("alice", role)
    assert refused(app, "wrong") == refused(app, "unknown")
