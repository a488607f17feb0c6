"""Notices to the counter server, found and tried again on pages."""

from datetime import UTC, datetime
from typing import Any

import pytest

from models.notification import Notification
from models.notification_document import NoticeStatus
from tests.pages.browser import Browser, buttons, typed
from tests.pages.reading import column, facts, faults, ids, text, told
from tests.pages.things import fail, report
from tests.people import Person
from tests.removal import remove_erased
from tests.security.rows import rows

LIST = "/admin/notifications"
DELIVERED = {"status": NoticeStatus.DELIVERED, "last_error": None, "delivered_at": datetime(2026, 3, 1, 12, tzinfo=UTC)}


def notice(app: Any, by: Person, **fields: Any) -> str:
    """A notice that is pending, or in the state that is given."""
    report(app, by, request_id=fields.pop("request_id", "req-1"))
    notice_id = rows("notification")[-1]["id"]
    if fields:
        fail(notice_id, **fields)
    return str(notice_id)


def test_a_failed_one_is_tried_again(roots: Browser, root: Person, app: Any) -> None:
    notice_id = notice(app, root, last_error="It said 500.")
    page = roots.get(f"{LIST}/{notice_id}")
    assert (facts(page)["Status"], facts(page)["Last error"], facts(page)["Next attempt"]) == (
        "failed", "It said 500.", "–",
    )  # fmt: skip
    page = roots.do(page, "Try it again")
    assert (page.request.path, told(page)) == (f"{LIST}/{notice_id}", f"Notice {notice_id} is tried again.")
    assert facts(page)["Status"] == "pending" and facts(page)["Next attempt"] != "–"
    assert told(roots.get(page.request.path)) is None, "it is told once"
    assert rows("audit_entry")[-1]["changes"] == '{"status":["failed","pending"]}'


def test_a_pending_one_is_tried_now(roots: Browser, root: Person, app: Any) -> None:
    later = datetime(2999, 1, 1, tzinfo=UTC)
    paused = {"status": NoticeStatus.PENDING, "next_attempt_at": later, "send_at": later}
    notice_id = notice(app, root, **paused)
    page = roots.do(roots.get(f"{LIST}/{notice_id}"), "Try it now")
    assert (page.request.path, told(page)) == (f"{LIST}/{notice_id}", f"Notice {notice_id} is tried again.")
    assert facts(page)["Status"] == "pending" and "2999" not in facts(page)["Next attempt"]


def test_a_delivered_one_offers_no_other_try(roots: Browser, root: Person, app: Any) -> None:
    assert buttons(roots.get(f"{LIST}/{notice(app, root, **DELIVERED)}")) == ["Log out"]


def test_what_was_delivered_meanwhile_is_not_tried_again(roots: Browser, root: Person, app: Any) -> None:
    notice_id = notice(app, root, last_error="x")
    page = roots.get(f"{LIST}/{notice_id}")
    fail(int(notice_id), **DELIVERED)
    before = rows("notification"), rows("audit_entry")
    answer = roots.send(page, "Try it again", 409)
    assert "There is nothing to try again; this notice has been delivered." in text(answer.html.main)
    assert (rows("notification"), rows("audit_entry")) == before


def test_a_delivered_one_says_when(roots: Browser, root: Person, app: Any) -> None:
    page = roots.get(f"{LIST}/{notice(app, root, **DELIVERED)}")
    assert facts(page)["Delivered"] == "2026-03-01 12:00:00 UTC"
    assert facts(page)["Idempotency-Key"] == rows("notification")[0]["key"]


def test_the_list_has_filters(roots: Browser, root: Person, alice: Person, app: Any) -> None:
    failed = notice(app, root, last_error="It said 500.")
    sent = notice(app, alice, **DELIVERED, request_id="req-2")
    fresh = notice(app, alice)
    for asked, found in (
        ({}, [fresh, sent, failed]), ({"status": "failed"}, [failed]), ({"status": "pending"}, [fresh]),
        ({"status": "delivered"}, [sent]), ({"defect": "1"}, [failed]), ({"user": str(alice.id)}, [fresh, sent]),
        ({"request_id": "req-2"}, [sent]), ({"user": str(alice.id), "request_id": "req-1"}, [fresh]),
        ({"defect": "4711"}, []),
    ):  # fmt: skip
        page = roots.send(roots.get(LIST), "Filter", 200, **asked)
        assert ids(page) == found, asked
        assert typed(page, "Filter") == {"status": "", "defect": "", "user": "", "request_id": ""} | asked
        assert ("No notice fits these filters." in page.text) == (not found)
    assert column(roots.get(LIST), "Last error") == ["–", "–", "It said 500."]


@pytest.mark.parametrize("query", ["status=lost", "defect=0", "user=alice", "request_id=%C3%A9", "user=1&user=2"])
def test_a_filter_that_is_wrong_is_marked(roots: Browser, query: str) -> None:
    page = roots.get(f"{LIST}?{query}", status=400)
    assert faults(page).keys() == {query.partition("=")[0]}


def test_whoever_is_erased_leaves_their_id(roots: Browser, alice: Person, root: Person, app: Any) -> None:
    notice_id = notice(app, alice)
    alice.user.erase(by=root.as_actor())
    remove_erased()
    assert column(roots.get(LIST), "Whose") == [f"{alice.id}, erased"] * 2
    assert facts(roots.get(f"{LIST}/{notice_id}"))["Whose"] == f"{alice.id}, erased"
    assert Notification.select().count() == 2
