"""What is done with a user: a new password, the end of sessions, deletion and the way back."""

from typing import Any

from models.account import NewAccount
from models.task import Task
from models.task_kinds import NewDelay, Status
from models.user import User
from tests.pages.browser import SITE, Browser, buttons, form_with
from tests.pages.conftest import LogIn
from tests.pages.reading import faults, refusal, text, told
from tests.pages.things import task
from tests.people import Person, is_valid
from tests.security.rows import rows

NEW = "another long password"


def at(person: Person, word: str = "") -> str:
    return f"/admin/users/{person.id}{word}"


def logs_in(app: Any, name: str, password: str) -> bool:
    """Whether a name and a password open a session."""
    browser = Browser(app)
    page = browser.get("/admin/login")
    fields = dict(form_with(page, "Log in").submit_fields()) | {"username": name, "password": password}
    return bool(browser.post("/admin/login", fields, headers={"Origin": SITE}).status_int == 303)


def state(person: Person) -> Any:
    (found,) = [row for row in rows("users") if row["id"] == person.id]
    return found["deleted_at"]


def test_an_admin_sets_somebody_s_password_and_their_sessions_end(roots: Browser, alice: Person, app: Any) -> None:
    page = roots.get(at(alice, "/password"))
    assert "current_password" not in form_with(page, "Set the password").fields
    page = roots.do(page, "Set the password", password=NEW)
    assert (page.request.path, told(page)) == (
        at(alice), "The password of alice is changed, and all their sessions have ended.",
    )  # fmt: skip
    assert not is_valid(alice.token)
    assert [logs_in(app, "alice", password) for password in (alice.password, NEW)] == [False, True]


def test_one_s_own_password_takes_the_current_one_and_ends_all_other_sessions(
    roots: Browser, root: Person, app: Any
) -> None:
    page = roots.get(at(root, "/password"))
    for current, status in (("wrong", 403), ("", 400), (NEW, 403)):
        page = roots.send(page, "Set the password", status, current_password=current, password=NEW)
        assert faults(page).keys() == {"current_password"}
        assert not [field.get("value") for field in page.html.select('input[type="password"]') if field.get("value")]
    assert is_valid(root.token)
    page = roots.do(page, "Set the password", current_password=root.password, password=NEW)
    assert told(page) == "The password of root is changed, and all other sessions of yours have ended."
    assert not is_valid(root.token) and is_valid(roots.cookies["session"])
    assert [logs_in(app, "root", password) for password in (root.password, NEW)] == [False, True]


def test_a_password_that_protects_nothing_is_said_beside_its_field(roots: Browser, alice: Person, root: Person) -> None:
    for person, current in ((alice, {}), (root, {"current_password": root.password})):
        for password in ("short", "password", person.name, ""):
            page = roots.get(at(person, "/password"))
            page = roots.send(page, "Set the password", 400, password=password, **current)
            assert faults(page).keys() == {"password"}
    assert is_valid(alice.token)


def test_one_s_own_current_password_can_t_be_guessed_for_ever(roots: Browser, root: Person) -> None:
    page = roots.get(at(root, "/password"))
    for _ in range(10):
        page = roots.send(page, "Set the password", 403, current_password="wrong", password=NEW)
    page = roots.send(page, "Set the password", 429, current_password=root.password, password=NEW)
    assert refusal(page) == f"Too many passwords were wrong; try again in {page.headers['Retry-After']} seconds."


def test_a_password_form_for_oneself_needs_the_field_of_the_current_one(roots: Browser, root: Person) -> None:
    given = {"csrf_token": roots.csrf_token, "password": NEW}
    page = roots.post(at(root, "/password"), given, headers={"Origin": SITE}, status=400)
    assert faults(page) == {"current_password": "Give it too, to change your own password."}


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
    for word in ("/password", "/delete"):
        roots.get(at(alice, word), status=404)


def test_what_is_done_already_is_said_to_be(roots: Browser, alice: Person) -> None:
    alice.user.deactivate(by=roots.actor)
    page = roots.get(at(alice))
    roots.do(page, "Restore")
    answer = roots.send(page, "Restore", 409)
    assert "There is nothing to restore; this user is not deleted." in text(answer.html.main)


def test_nobody_is_restored_onto_a_name_that_is_taken(roots: Browser, alice: Person) -> None:
    alice.user.deactivate(by=roots.actor)
    User.sign_up(NewAccount(username="Alice", password=NEW))
    answer = roots.send(roots.get(at(alice)), "Restore", 409)
    assert "Rename whoever has this name now, then restore it." in text(answer.html.main)
    assert answer.html.find("a", string="Back")["href"] == at(alice)
    assert state(alice) is not None


def test_what_can_t_be_put_right_in_a_form_is_not_said_to_be_marked(roots: Browser, alice: Person) -> None:
    alice.user.deactivate(by=roots.actor)
    User.sign_up(NewAccount(username="Alice", password=NEW))
    answer = roots.send(roots.get(at(alice)), "Restore", 409)
    assert "Correct what is marked" not in text(answer.html.main)


def test_all_sessions_of_somebody_end(roots: Browser, alice: Person, bob: Person) -> None:
    other = alice.log_in()
    page = roots.do(roots.get(at(alice)), "End all sessions")
    assert (page.request.path, told(page)) == (at(alice), "Sessions of alice ended: 2.")
    assert [is_valid(token) for token in (alice.token, other, bob.token)] == [False, False, True]


def test_of_one_s_own_sessions_the_one_at_hand_stays(roots: Browser, root: Person) -> None:
    page = roots.do(roots.get(at(root)), "End all other sessions")
    assert told(page) == "Sessions of root ended: 1."
    assert is_valid(roots.cookies["session"]) and not is_valid(root.token)


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


def test_who_is_a_user_again_loses_the_tasks_that_were_for_admins(roots: Browser, carol: Person) -> None:
    task(carol, Status.QUEUED)
    delay = Task.submit(NewDelay(seconds=600), by=carol.as_actor())
    roots.do(roots.get(at(carol)), "Save", role="user")
    assert {row["id"]: row["status"] for row in rows("task")}[delay.id] == "queued"
    assert sorted(row["status"] for row in rows("task")) == ["cancelled", "queued"]
