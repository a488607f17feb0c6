"""Who is erased takes their defects along, each told of; who is only deleted leaves them."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

import peewee
import pytest

from models.audit import AuditEntry
from models.erasure import Erasure
from models.notification import Notification
from models.notification_document import NoticeStatus
from models.user import User
from tests.client import Client
from tests.faults import no_audit
from tests.people import Person, is_valid
from tests.removal import remove_erased
from tests.security.asking import ask, ask_json
from tests.security.rows import rows
from tests.security.together import together

TABLES = ("users", "task", "defect", "notification", "kept_answer", "audit_entry")
GONE = {"X-Request-ID": "gone"}


def report(api: Client, *people: Person) -> list[int]:
    """The ids of new defects, one for each."""
    posts = [api.post_json("/api/defects", {"comment": "It leaks."}, headers=by.headers, status=201) for by in people]
    return [post.json["id"] for post in posts]


def entries(request_id: str) -> list[tuple[Any, ...]]:
    """By whom which defects were removed in a request, in the order of the entries."""
    found = [entry for entry in rows("audit_entry") if entry["model"] == "defect" and entry["request_id"] == request_id]
    return [(entry["user_id"], entry["action"], entry["object_id"]) for entry in found]


def notices(action: str) -> list[tuple[Any, ...]]:
    """Which notices of a kind there are, of which defect and in which request."""
    names = ("defect_id", "user_id", "request_id", "status", "attempts")
    return [tuple(row[name] for name in names) for row in rows("notification") if row["action"] == action]


@pytest.mark.parametrize("who", ["themselves", "an admin"])
def test_an_erasure_takes_defects_along_each_with_its_entry_and_its_notice(
    api: Client, alice: Person, bob: Person, root: Person, who: str
) -> None:
    by = {"themselves": alice, "an admin": root}[who]
    mine = report(api, alice, alice, alice)
    kept = report(api, bob)
    arrived = {"status": NoticeStatus.DELIVERED, "delivered_at": datetime.now(UTC)}
    ended = {"next_attempt_at": None, "send_at": None}
    Notification.update(arrived | ended).where(Notification.id == 1).execute()
    Notification.update({"status": NoticeStatus.FAILED} | ended).where(Notification.id == 2).execute()
    api.delete("/user/alice", headers=by.headers | GONE, status=204)
    remove_erased()
    assert [row["id"] for row in rows("defect")] == kept
    assert entries("gone") == [(by.id, "destroy", str(each)) for each in mine]
    assert notices("delete") == [(each, alice.id, "gone", "pending", 0) for each in mine]
    assert [status for *_, status, _ in notices("create")] == ["delivered", "failed", "pending", "pending"]
    assert len({row["key"] for row in rows("notification")}) == 7
    for each in mine:
        api.get(f"/api/defects/{each}", headers=root.headers, status=404)


def test_an_erasure_of_somebody_without_defects_tells_of_none(
    api: Client, alice: Person, bob: Person, root: Person
) -> None:
    kept = report(api, bob, root)
    api.delete("/user/alice", headers=alice.headers | GONE, status=204)
    remove_erased()
    assert [row["id"] for row in rows("defect")] == kept
    assert (entries("gone"), notices("delete")) == ([], [])


def test_an_erased_defect_s_id_is_never_used_again(api: Client, alice: Person, bob: Person) -> None:
    mine = report(api, alice, alice)
    api.delete("/user/alice", headers=alice.headers, status=204)
    remove_erased()
    assert report(api, bob)[0] > max(mine)


def test_a_deletion_that_may_be_undone_keeps_defects_and_tells_of_nothing(
    api: Client, alice: Person, root: Person
) -> None:
    (defect_id,) = report(api, alice)
    before = rows("defect"), rows("notification")
    api.delete(f"/users/{alice.id}", headers=root.headers | GONE, status=200)
    assert (rows("defect"), rows("notification"), entries("gone")) == (*before, [])
    api.post(f"/users/{alice.id}/restore", headers=root.headers, status=200)
    alice.token = alice.log_in()
    api.delete(f"/api/defects/{defect_id}", headers=alice.headers, status=204)


class Full(Exception):
    """What a test's tables say."""


# The entries of the task that stops, of the task and of the defects that go, and the notices.
INSERTS: list[tuple[Any, int]] = [*[(AuditEntry, nth) for nth in (1, 2, 3)], (Notification, 1)]


def everything() -> list[Any]:
    return [rows(each) for each in TABLES]


def test_an_erasure_that_cant_be_told_changes_nothing_at_all(api: Client, alice: Person, root: Person) -> None:
    report(api, alice)
    before = everything()
    with no_audit(), pytest.raises(peewee.DatabaseError):
        alice.user.erase(by=root.as_actor())
    assert (everything(), Erasure.is_any(), is_valid(alice.token)) == (before, False, True)


@pytest.mark.parametrize(("table", "nth"), INSERTS)
def test_a_batch_of_a_removal_that_cant_be_told_changes_nothing_at_all_and_is_tried_again(
    api: Client, alice: Person, root: Person, monkeypatch: pytest.MonkeyPatch, table: Any, nth: int
) -> None:
    report(api, alice, alice, root)
    headers = alice.headers | {"Idempotency-Key": "k"}
    api.post_json("/tasks", {"type": "delay", "seconds": 60}, headers=headers, status=202)
    alice.user.erase(by=root.as_actor())
    kept: list[Any] = []
    number, write = count(1), table.insert_from

    def perhaps(*given: Any, **more: Any) -> Any:
        if next(number) == nth:
            raise Full
        return write(*given, **more)

    with monkeypatch.context() as full, pytest.raises(Full):
        full.setattr(table, "insert_from", perhaps)
        for _ in range(10):
            kept = everything()
            User.remove_erased()
    assert everything() == kept
    remove_erased()
    assert [row["user_id"] for row in rows("defect")] == [root.id]
    assert (rows("task"), rows("kept_answer"), len(rows("users"))) == ([], [], 1)


def erased_while(app: Any, mine: list[int], alice: Person, bob: Person, root: Person, *, after: float) -> list[int]:
    """Erase alice a moment after five deletions, reports and changes begin; return all statuses, hers first."""

    def erase(_: int) -> int:
        time.sleep(after)
        return ask(app, "DELETE", "/user/alice", headers=root.headers).status

    def delete(which: int) -> int:
        return ask(app, "DELETE", f"/api/defects/{mine[which]}", headers=alice.headers).status

    def post(_: int) -> int:
        return ask_json(app, "POST", "/api/defects", {"comment": "It squeaks."}, headers=alice.headers).status

    def change(which: int) -> int:
        return ask_json(app, "PATCH", f"/api/defects/{mine[which]}", {"comment": "New."}, headers=bob.headers).status

    acts: list[Callable[[int], int]] = [erase, *[delete, post, change] * 5]
    return together(len(acts), lambda which: acts[which](which // 3))


@pytest.mark.parametrize("after", [0, 0.01, 0.02, 0.04, 0.08])
def test_an_erasure_meets_reports_changes_and_deletions_and_none_is_lost_or_told_twice(
    app: Any, api: Client, alice: Person, bob: Person, root: Person, after: float
) -> None:
    mine = report(api, *[alice] * 8)
    statuses = erased_while(app, mine, alice, bob, root, after=after)
    remove_erased()
    assert statuses[0] == 204
    assert set(statuses[1::3]) <= {204, 401, 404}
    assert set(statuses[2::3]) <= {201, 401}
    assert set(statuses[3::3]) <= {200, 404}
    assert rows("defect") == []
    made, gone = [Counter(defect_id for defect_id, *_ in notices(action)) for action in ("create", "delete")]
    assert made == gone == Counter(range(1, len(mine) + statuses.count(201) + 1))
    told = [(entry["object_id"], entry["action"]) for entry in rows("audit_entry") if entry["model"] == "defect"]
    once = Counter((str(each), action) for each in made for action in ("create", "destroy"))
    assert Counter(each for each in told if each[1] != "update") == once
    assert len(told) == once.total() + statuses.count(200)
