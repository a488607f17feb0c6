"""Whatever somebody has put into a field is shown as text: in full, and as no part of the page.

Every page that the browser is shown is held against the laws, which know all elements that a page of ours has; here
each text is looked for in its place as well.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from models.account import MergedUser
from models.audit import Action, AuditEntry
from models.notification import Notification
from models.said import say
from models.task import Task
from models.task_kinds import Status
from models.user import User
from tests.pages.browser import ENTRANCE, Browser, typed
from tests.pages.hostile import ALL_AT_ONCE, HOSTILE
from tests.pages.places import TO_LOOK_AT
from tests.pages.reading import code, told
from tests.pages.things import Things, fail, report, task
from tests.people import Person
from tests.security.rows import rows


def shown(page: Any) -> list[str]:
    """Every text of a page, and what stands in its fields, character by character."""
    main = page.html.main
    fields = [field.get("value", "") for field in main.find_all("input")]
    return [each.get_text() for each in main.find_all(["p", "td", "dd", "code", "span", "strong", "h1", "li"])] + fields


@pytest.fixture
def hostile_things(things: Things, root: Person) -> Callable[[str], None]:
    """Makes things whose every field says what is given, past those who would refuse it."""

    def make(text: str) -> None:
        past_all_checks = {"email": text, "email_key": text, "data": {text: [text, {text: text}]}}
        User.update({**past_all_checks, "username": text, "username_key": text}).where(User.id != root.id).execute()
        named = text.replace("/", "")  # it is a part of an address
        failure = {"code": text, "name": text, "message": text, "stack": text}
        of_task = {"error": failure, "logs": [{"level": text, "text": text}], "request_id": named}
        Task.update(of_task).where(Task.id == things.task_id).execute()
        for notice in Notification.select():
            fail(notice.id, last_error=text, request_id=named)
        # Nobody changes an entry, but one may be made.
        AuditEntry.create(user_id=None, model="session", object_id=text, action=Action.UPDATE,
                          changes={text: [text, {text: text}]}, request_id=named)  # fmt: skip

    return make


@pytest.mark.parametrize("text", [ALL_AT_ONCE, *HOSTILE[:2]])
def test_no_page_is_made_of_what_is_in_its_things(
    roots: Browser, things: Things, hostile_things: Callable[[str], None], text: str
) -> None:
    things.amend(text)
    hostile_things(text)
    entry_id = rows("audit_entry")[-1]["id"]
    for path in TO_LOOK_AT:
        say(roots.actor, text)
        page = roots.get(things.address(path), status=200)
        assert told(page) is not None and page.html.find(class_="told").get_text() == text
    assert text in shown(roots.get(f"/admin/audit/{entry_id}", status=200))


def test_a_defect_is_shown_as_it_was_written(roots: Browser, root: Person, app: Any) -> None:
    for text in HOSTILE:
        address = f"/admin/defects/{report(app, root, text)}"
        page = roots.get(address)
        assert text in shown(page) and typed(page, "Save")["comment"] == text
        for other in (f"{address}/delete", "/admin/defects"):
            assert text in shown(roots.get(other))
        asked = roots.get("/admin/defects", {"q": text}, status=200)
        assert text in shown(asked) and typed(asked, "Filter")["q"] == text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_user_is_shown_as_they_wrote_themselves(roots: Browser, alice: Person, root: Person, text: str) -> None:
    address = f"{text.replace(' ', '').replace(chr(0x202E), '').replace(chr(0x202C), '')}@x"
    alice.user.merge_fields(MergedUser(data={text: [text]}), by=root.as_actor())
    # As it may have been typed before such an address was refused.
    User.update(email=address).where(User.id == alice.id).execute()
    page = roots.get(f"/admin/users/{alice.id}")
    assert address in shown(page) and typed(page, "Save")["email"] == address
    assert json.loads(typed(page, "Save")["data"]) == {text: [text]}
    assert address in shown(roots.get("/admin/users"))
    alice.user.deactivate(by=root.as_actor())
    assert json.loads(code(roots.get(f"/admin/users/{alice.id}"), "Data")) == {text: [text]}


def test_a_task_is_shown_as_its_code_left_it(roots: Browser, root: Person) -> None:
    for text in HOSTILE:
        failure = {"code": "thrown", "name": text, "message": text, "stack": f"{text}\n at {text}"}
        said = [{"level": "log", "text": text}]
        page = roots.get(f"/admin/tasks/{task(root, Status.FAILED, code=text, error=failure, logs=said)}")
        assert (code(page, "Code"), code(page, "Error")) == (text, failure["stack"])
        assert shown(page).count(text) >= 4
        result = roots.get(f"/admin/tasks/{task(root, Status.SUCCEEDED, result=json.dumps({text: text}))}")
        assert json.loads(code(result, "Result")) == {text: text}


def test_a_notice_is_shown_with_what_the_other_server_said(roots: Browser, root: Person, app: Any) -> None:
    for text in HOSTILE:
        report(app, root)
        fail(1, last_error=text)
        for address in ("/admin/notifications/1", "/admin/notifications", "/admin/requests/req-1"):
            assert text in shown(roots.get(address))


def test_the_name_of_a_request_is_text(roots: Browser) -> None:
    for text in [each for each in HOSTILE if each.isascii() and "/" not in each]:
        page = roots.get(f"/admin/requests/{quote(text, safe='')}", status=200)
        assert page.html.h1.get_text() == f"Request {text}"
        assert page.html.title.get_text() == f"Request {text} · Aerie"


@pytest.mark.parametrize("text", HOSTILE[1:3])
def test_headers_of_a_request_are_text(browser: Browser, root: Person, things: Things, text: str) -> None:
    strange = {"User-Agent": text, "X-Request-ID": text, "Referer": text, "Accept": text}
    for path in TO_LOOK_AT:
        browser.get(things.address(path), headers=root.headers | strange, status=200)
    browser.get("/admin/nowhere", headers=strange, status=404)
    browser.get("/admin/nowhere", headers=strange | {"Host": f"localhost{text}"}, status=400)
    browser.post(ENTRANCE, {"username": "x", "password": "y"}, headers=strange | {"Origin": text}, status=403)
