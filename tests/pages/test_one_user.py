"""What is done with a user: a new password, and the end of their sessions."""

from typing import Any

from models.task import Task
from models.task_kinds import NewDelay, Status
from tests.pages.browser import SITE, Browser, form_with
from tests.pages.reading import faults, refusal, told
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


def test_all_sessions_of_somebody_end(roots: Browser, alice: Person, bob: Person) -> None:
    other = alice.log_in()
    page = roots.do(roots.get(at(alice)), "End all sessions")
    assert (page.request.path, told(page)) == (at(alice), "Sessions of alice ended: 2.")
    assert [is_valid(token) for token in (alice.token, other, bob.token)] == [False, False, True]


def test_of_one_s_own_sessions_the_one_at_hand_stays(roots: Browser, root: Person) -> None:
    page = roots.do(roots.get(at(root)), "End all other sessions")
    assert told(page) == "Sessions of root ended: 1."
    assert is_valid(roots.cookies["session"]) and not is_valid(root.token)


def test_who_is_a_user_again_loses_the_tasks_that_were_for_admins(roots: Browser, carol: Person) -> None:
    task(carol, Status.QUEUED)
    delay = Task.submit(NewDelay(seconds=600), by=carol.as_actor())
    roots.do(roots.get(at(carol)), "Save", role="user")
    assert {row["id"]: row["status"] for row in rows("task")}[delay.id] == "queued"
    assert sorted(row["status"] for row in rows("task")) == ["cancelled", "queued"]
