"""`MAX_ACTIVE_TASKS`: how many tasks of a user may be under way."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from models.errors import RateLimited
from models.stores import opened
from models.task import Task, starting
from models.task.quota import COUNTED_AGAIN_AFTER_SECONDS, SHARE, Quota
from tests.client import Client
from tests.people import Person
from tests.security.rows import rows

MOST = 5


@pytest.fixture(autouse=True)
def few(app: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Allow each user few tasks, and forget what was counted in other tests."""
    monkeypatch.setattr(starting, "_quota", Quota())
    monkeypatch.setattr(opened, "settings", replace(opened.settings, max_active_tasks=MOST))
    yield


def delay(api: Client, by: Person, status: int, seconds: float = 60, **headers: str) -> str:
    body = {"type": "delay", "seconds": seconds}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = api.post_json("/tasks", body, headers=by.headers | named, status=status)
    assert status != 429 or (answer.headers["Retry-After"], answer.json["type"]) == ("60", "/problems/rate-limited")
    return str(answer.json.get("id"))


def test_one_task_more_than_a_user_may_have_is_429(api: Client, alice: Person, bob: Person) -> None:
    for _ in range(MOST):
        delay(api, alice, 202)
    delay(api, alice, 429)
    assert len(Task.select()) == MOST
    assert len([entry for entry in rows("audit_entry") if entry["model"] == "task"]) == MOST
    delay(api, bob, 202)


def test_a_task_that_ends_makes_room(api: Client, alice: Person) -> None:
    tasks = [delay(api, alice, 202, seconds=0 if number == 0 else 60) for number in range(MOST)]
    delay(api, alice, 429)
    api.delete(f"/tasks/{tasks[1]}", headers=alice.headers, status=200)
    delay(api, alice, 202)
    delay(api, alice, 429)
    Task.finish_due()
    delay(api, alice, 202)


def test_a_repeated_request_is_answered_at_the_quota_too(api: Client, alice: Person) -> None:
    first = [delay(api, alice, 202, Idempotency_Key=f"k{number}") for number in range(MOST)]
    delay(api, alice, 429, Idempotency_Key="another")
    assert delay(api, alice, 202, Idempotency_Key="k0") == first[0]


def test_what_a_user_may_not_start_is_403_at_the_quota_too(api: Client, alice: Person) -> None:
    for _ in range(MOST):
        delay(api, alice, 202)
    api.post_json("/tasks", {"type": "javascript", "code": "1"}, headers=alice.headers, status=403)


def test_tasks_are_not_counted_for_each_one_that_is_submitted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "settings", replace(opened.settings, max_active_tasks=10_000))
    monkeypatch.setattr("models.task.quota.COUNTED_AGAIN_AFTER_SECONDS", 60 * COUNTED_AGAIN_AFTER_SECONDS)
    active, counts = 9_000, 0

    def count() -> int:
        nonlocal counts
        counts += 1
        return active

    quota = Quota()
    for _ in range(1_000):
        quota.take(1, count=count)
        active += 1
    assert counts < SHARE * 10
    with pytest.raises(RateLimited):
        quota.take(1, count=count)
