"""`/notifications`: one for each defect that comes or goes, for admins to see and to have sent again."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from models.notification import Notification
from models.notification_document import NoticeStatus
from tests.client import Client
from tests.people import Person
from tests.security.asking import ask
from tests.security.rows import rows
from tests.security.together import together

LATER = datetime(2999, 1, 1, tzinfo=UTC)
FAILED = {"status": NoticeStatus.FAILED, "next_attempt_at": None, "send_at": None}
DELIVERED = FAILED | {"status": NoticeStatus.DELIVERED, "delivered_at": datetime(2026, 3, 1, tzinfo=UTC)}
PAUSED = {"attempts": 3, "next_attempt_at": LATER, "send_at": LATER}
STATES: dict[str, Any] = {"failed": FAILED, "delivered": DELIVERED, "pending": PAUSED}


def report(api: Client, by: Person, request_id: str = "req-1") -> int:
    headers = by.headers | {"X-Request-ID": request_id}
    made: int = api.post_json("/api/defects", {"comment": "It leaks."}, headers=headers, status=201).json["id"]
    return made


def withdraw(api: Client, by: Person, defect_id: int, request_id: str = "req-2") -> None:
    api.delete(f"/api/defects/{defect_id}", headers=by.headers | {"X-Request-ID": request_id}, status=204)


def listed(api: Client, by: Person, query: str = "") -> Any:
    return api.get(f"/notifications?{query}", headers=by.headers, status=200).json["items"]


def ids(api: Client, by: Person, query: str = "") -> list[int]:
    return [notice["id"] for notice in listed(api, by, query)]


def make(state: str, notice_id: int) -> None:
    """Bring a notice into a state past those who deliver it."""
    Notification.update(STATES[state]).where(Notification.id == notice_id).execute()


def test_each_beginning_and_end_has_a_notice_of_its_request(api: Client, alice: Person, root: Person) -> None:
    before = datetime.now(UTC)
    defect_id = report(api, alice)
    api.patch_json(f"/api/defects/{defect_id}", {"comment": "It leaks more."}, headers=alice.headers, status=200)
    withdraw(api, alice, defect_id)
    gone, made = listed(api, root)
    alike = {"defect": defect_id, "user": alice.id, "status": "pending", "attempts": 0}
    empty = dict.fromkeys(("last_error", "last_attempt_at", "delivered_at"))
    for notice, told in ((made, (1, "create", "req-1")), (gone, (2, "delete", "req-2"))):
        own = dict(zip(("id", "action", "request_id"), told, strict=True))
        times = {name: notice[name] for name in ("created_at", "next_attempt_at")}
        assert notice == alike | empty | own | times | {"idempotency_key": notice["idempotency_key"]}
        assert all(before <= datetime.fromisoformat(each) <= datetime.now(UTC) for each in times.values())
        assert all(each.endswith("Z") for each in times.values())
    assert len(made["idempotency_key"]) >= 32
    assert made["idempotency_key"] != gone["idempotency_key"]


def test_what_is_refused_has_no_notice(api: Client, alice: Person, bob: Person) -> None:
    defect_id = report(api, alice)
    api.post_json("/api/defects", {"comment": ""}, headers=alice.headers, status=400)
    api.delete(f"/api/defects/{defect_id}", headers=bob.headers, status=403)
    assert [(notice["action"], notice["defect_id"]) for notice in rows("notification")] == [("create", defect_id)]


def test_notices_are_for_admins(api: Client, alice: Person) -> None:
    report(api, alice)
    make("failed", 1)
    before = rows("notification")
    for path in ("/notifications/1/retry", "/notifications/4711/retry"):
        api.post(path, status=401)
        api.post(path, headers=alice.headers, status=403)
    api.get("/notifications", status=401)
    api.get("/notifications?nonsense=1", headers=alice.headers, status=403)
    assert rows("notification") == before


def test_filters_must_all_fit(api: Client, alice: Person, bob: Person, root: Person) -> None:
    first, second = report(api, alice), report(api, bob)
    withdraw(api, alice, first)
    make("failed", 1)
    make("delivered", 2)
    for query, found in (
        ("", [3, 2, 1]), ("status=failed", [1]), ("status=delivered", [2]), ("status=pending", [3]),
        (f"defect={first}", [3, 1]), (f"defect={second}", [2]), ("defect=4711", []), (f"user={alice.id}", [3, 1]),
        (f"user={root.id}", []), ("request_id=req-1", [2, 1]), ("request_id=req-2", [3]), ("request_id=REQ-2", []),
        (f"user={alice.id}&status=pending", [3]), (f"defect={first}&request_id=req-1&status=failed", [1]),
        (f"defect={second}&user={alice.id}", []),
    ):  # fmt: skip
        assert ids(api, root, query) == found, query
        assert api.get(f"/notifications?count=true&{query}", headers=root.headers).json["total"] == len(found)


WRONG = [
    "status=lost",
    "status=",
    "defect=0",
    "defect=x",
    "user=alice",
    f"user={2**63}",
    "request_id=",
    "request_id=%00",
]
UNKNOWN = ["action=create", "id=1", "q=a", "limit=0", "limit=201", "cursor=x", "count=1"]


@pytest.mark.parametrize("query", [*WRONG, *UNKNOWN])
def test_a_parameter_that_is_wrong_or_unknown_is_named(api: Client, root: Person, query: str) -> None:
    refusal = api.get(f"/notifications?{query}", headers=root.headers, status=400)
    assert [fault["field"] for fault in refusal.json["errors"]] == [query.partition("=")[0]]


def test_pages_follow_each_other_by_link(api: Client, alice: Person, root: Person) -> None:
    for _ in range(5):
        report(api, alice)
    first = api.get(f"/notifications?limit=3&user={alice.id}&count=true", headers=root.headers, status=200)
    assert first.headers["Link"] == f'<{first.json["next"]}>; rel="next"'
    withdraw(api, alice, 1)
    second = api.get(first.json["next"], headers=root.headers, status=200)
    assert [[notice["id"] for notice in page.json["items"]] for page in (first, second)] == [[5, 4, 3], [2, 1]]
    assert (second.json["next"], "Link" in second.headers) == (None, False)
    assert [page.json["total"] for page in (first, second)] == [5, 6]


def test_a_failed_one_is_sent_again_as_the_same_notice(api: Client, alice: Person, root: Person) -> None:
    for _ in range(2):
        report(api, alice)
    make("failed", 1)
    old, other = rows("notification")
    before = datetime.now(UTC)
    retried = api.post("/notifications/1/retry", headers=root.headers, status=200).json
    assert (retried["status"], retried["idempotency_key"]) == ("pending", old["key"])
    assert before <= datetime.fromisoformat(retried["next_attempt_at"]) <= datetime.now(UTC)
    assert retried == listed(api, root)[1]
    new, same = rows("notification")
    changed = {name for name in new if new[name] != old[name]}
    assert (changed, same) == ({"status", "give_up_at", "next_attempt_at", "send_at"}, other)
    entry = rows("audit_entry")[-1]
    told = [entry[name] for name in ("user_id", "model", "object_id", "action", "changes")]
    assert told == [root.id, "notification", "1", "update", '{"status":["failed","pending"]}']


def test_a_pending_one_is_tried_now_as_the_same_notice(api: Client, alice: Person, root: Person) -> None:
    report(api, alice)
    make("pending", 1)
    paused = api.get("/notifications/1", headers=root.headers).json["next_attempt_at"]
    (old,) = rows("notification")
    before = datetime.now(UTC)
    retried = api.post("/notifications/1/retry", headers=root.headers, status=200).json
    assert before <= datetime.fromisoformat(retried["next_attempt_at"]) <= datetime.now(UTC)
    (new,) = rows("notification")
    assert {name for name in new if new[name] != old[name]} == {"next_attempt_at", "send_at"}
    entry = rows("audit_entry")[-1]
    told = [entry[name] for name in ("user_id", "model", "object_id", "action")]
    assert told == [root.id, "notification", "1", "update"]
    assert json.loads(entry["changes"]) == {"next_attempt_at": [paused, retried["next_attempt_at"]]}


def test_a_delivered_one_is_not_tried_again(api: Client, alice: Person, root: Person) -> None:
    report(api, alice)
    make("delivered", 1)
    before = rows("notification"), rows("audit_entry")
    refusal = api.post("/notifications/1/retry", headers=root.headers, status=409)
    assert refusal.json["type"] == "/problems/already-delivered"
    assert refusal.json["detail"] == "There is nothing to try again; this notice has been delivered."
    assert (rows("notification"), rows("audit_entry")) == before


def test_a_pending_one_that_waits_for_another_says_which(api: Client, alice: Person, root: Person) -> None:
    withdraw(api, alice, report(api, alice))
    before = rows("notification"), rows("audit_entry")
    refusal = api.post("/notifications/2/retry", headers=root.headers, status=409)
    assert refusal.json["detail"] == "Retry notice 1 first; this one waits for it."
    assert (rows("notification"), rows("audit_entry")) == before


@pytest.mark.parametrize("notice_id", ["4711", "0", "01", str(2**63), "x"])
def test_what_is_not_there_is_404(api: Client, alice: Person, root: Person, notice_id: str) -> None:
    report(api, alice)
    api.post(f"/notifications/{notice_id}/retry", headers=root.headers, status=404)


def test_of_twenty_retries_one_changes_something(app: Any, api: Client, alice: Person, root: Person) -> None:
    report(api, alice)
    make("failed", 1)
    path = "/notifications/1/retry"
    statuses = Counter(together(20, lambda _: ask(app, "POST", path, headers=root.headers).status))
    assert statuses == {200: 20}
    assert [entry["action"] for entry in rows("audit_entry") if entry["model"] == "notification"] == ["update"]
