"""The deletion of a user, what ends with it, and the way back."""

from typing import Any

from models.account import NewAccount
from models.task import Task
from models.task_kinds import NewDelay
from models.user import User
from tests.pages.browser import Browser, buttons
from tests.pages.conftest import LogIn
from tests.pages.reading import refusal, text, told
from tests.people import Person, is_valid
from tests.security.rows import rows

NEW = "another long password"


def at(person: Person, word: str = "") -> str:
    return f"/admin/users/{person.id}{word}"


def state(person: Person) -> Any:
    (found,) = [row for row in rows("users") if row["id"] == person.id]
    return found["deleted_at"]


def test_deletion_says_what_ends_and_ends_that(roots: Browser, alice: Person, root: Person) -> None:
    alice.log_in()
    for _ in range(3):
        Task.submit(NewDelay(seconds=600), by=alice.as_actor())
    stopped = Task.submit(NewDelay(seconds=600), by=alice.as_actor())
    stopped.cancel(by=alice.as_actor())
    page = roots.get(roots.get(at(alice)).html.find("a", string="Delete…")["href"])
    ends = [text(each) for each in page.html.main.find_all("li")]
    assert ends == [
        "sessions: 2, at once",
        "tasks that are queued or running: 3",
        "the name alice, which others may take",
    ]
    assert state(alice) is None and is_valid(alice.token), "looking at it does nothing"
    page = roots.do(page, "Delete alice")
    assert (page.request.path, told(page)) == (at(alice), "alice is deleted; sessions ended: 2, tasks stopped: 3.")
    assert state(alice) is not None and not is_valid(alice.token)
    assert {row["status"] for row in rows("task")} == {"cancelled"}


def test_whoever_has_nothing_loses_nothing(roots: Browser, alice: Person) -> None:
    alice.user.end_sessions(by=alice.as_actor())
    page = roots.get(at(alice, "/delete"))
    assert "sessions: 0, at once" in text(page.html.main)
    assert told(roots.do(page, "Delete alice")) == "alice is deleted; sessions ended: 0, tasks stopped: 0."


def test_a_deleted_user_is_shown_and_can_be_restored(roots: Browser, alice: Person, log_in: LogIn) -> None:
    alice.user.deactivate(by=roots.actor)
    page = roots.get(at(alice))
    assert "Restore" in buttons(page) and "Save" not in buttons(page)
    page = roots.do(page, "Restore")
    assert (page.request.path, told(page)) == (at(alice), "alice is back; sessions stay ended.")
    assert state(alice) is None and not is_valid(alice.token)
    assert log_in(alice)


def test_who_is_deleted_has_no_pages_to_change_them(roots: Browser, alice: Person) -> None:
    page = roots.get(at(alice))
    alice.user.deactivate(by=roots.actor)
    roots.send(page, "Save", 404)
    roots.send(page, "End all sessions", 404)
    roots.get(at(alice, "/password"), status=404)


def test_who_is_deleted_already_stays_so(roots: Browser, alice: Person) -> None:
    page = roots.get(at(alice, "/delete"))
    roots.do(page, "Delete alice")
    before = rows("users"), rows("audit_entry")
    again = roots.do(page, "Delete alice")
    assert (again.request.path, told(again)) == (at(alice), None)
    assert (rows("users"), rows("audit_entry")) == before


def test_what_is_done_already_is_said_to_be(roots: Browser, alice: Person) -> None:
    alice.user.deactivate(by=roots.actor)
    page = roots.get(at(alice))
    roots.do(page, "Restore")
    answer = roots.send(page, "Restore", 409)
    assert "There is nothing to restore; this user is not deleted." in text(answer.html.main)


def test_nobody_is_restored_onto_a_name_that_is_taken(roots: Browser, alice: Person) -> None:
    alice.user.deactivate(by=roots.actor)
    User.sign_up(NewAccount(username="Alice", password=NEW), address="192.0.2.1")
    answer = roots.send(roots.get(at(alice)), "Restore", 409)
    assert "Rename whoever has this name now, then restore it." in text(answer.html.main)
    assert roots.back(answer).request.path == at(alice)
    assert state(alice) is not None


def test_what_can_t_be_put_right_in_a_form_is_not_said_to_be_marked(roots: Browser, alice: Person) -> None:
    alice.user.deactivate(by=roots.actor)
    User.sign_up(NewAccount(username="Alice", password=NEW), address="192.0.2.1")
    answer = roots.send(roots.get(at(alice)), "Restore", 409)
    assert "Correct what is marked" not in text(answer.html.main)


def test_the_last_admin_stays_one(roots: Browser, carols: Browser, root: Person, carol: Person) -> None:
    deletion = roots.get(at(root, "/delete"))
    roots.do(roots.get(at(carol)), "Save", role="user")
    answer = roots.send(deletion, "Delete root", 409)
    assert refusal(answer) == "Make somebody else an admin first; this is the last one."
    assert state(root) is None and is_valid(roots.cookies["session"])
    assert carols.get("/admin", status=403)


def test_two_admins_can_t_demote_each_other(roots: Browser, carols: Browser, root: Person, carol: Person) -> None:
    mine, others = roots.get(at(carol)), carols.get(at(root))
    roots.do(mine, "Save", role="user")
    answer = carols.send(others, "Save", 403, role="user")
    assert "Only an admin may do this." in text(answer.html.main)


def test_an_admin_may_delete_themselves_and_is_out(roots: Browser, root: Person, carol: Person) -> None:
    page = roots.get(at(root, "/delete"))
    assert "sessions: 2, at once" in text(page.html.main)
    answer = roots.send(page, "Delete root", 303)
    assert answer.follow().headers["Location"].startswith("/admin/login")
    assert state(root) is not None and not is_valid(root.token)
