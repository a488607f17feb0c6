"""What comes from no page of ours, or without the token of its session, changes nothing wherever it is sent."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

import pytest
from webtest import TestResponse

from models.stores import opened
from tests.conftest import TABLES
from tests.pages.browser import ENTRANCE, SITE, Browser
from tests.pages.conftest import LogIn
from tests.pages.places import ACTIONS, TO_SEND_TO
from tests.pages.things import Things
from tests.people import Person, is_valid
from tests.security.rows import rows

# What is typed into the form of each page, for it to do something.
TYPED: dict[str, dict[str, str]] = {
    "/admin/login": {"username": "root", "password": "root's long password"},
    "/admin/logout": {},
    "/admin/users/new": {"username": "dave", "password": "a long password of dave"},
    "/admin/users/{user_id:id}": {"username": "alicia"},
    "/admin/users/{user_id:id}/password": {"password": "another long password"},
    "/admin/users/{user_id:id}/delete": {},
    "/admin/users/{user_id:id}/restore": {},
    "/admin/users/{user_id:id}/end-sessions": {},
    "/admin/defects/new": {"comment": "It leaks."},
    "/admin/defects/{defect_id:id}": {"comment": "It leaks more."},
    "/admin/defects/{defect_id:id}/delete": {},
    "/admin/tasks/new": {"seconds": "60"},
    "/admin/tasks/{task_id:uuid}/cancel": {},
    "/admin/notifications/{notification_id:id}/retry": {},
}
GUARDED = [path for path in TO_SEND_TO if path != ENTRANCE]
FOREIGN = ["null", "", "http://evil.example", "https://localhost", "http://localhost:8000", "localhost",
           "http://localhost.evil.example", "http://evil.example/http://localhost", f"{SITE}, http://evil.example",
           f"{SITE}/"]  # fmt: skip
Fields = dict[str, str]


def filled(browser: Browser, things: Things, path: str) -> tuple[str, Fields]:
    """A page's own form, filled in: where it leads, and all that it sends."""
    address = things.address(path)
    where = "/admin" if path == "/admin/logout" else address.rpartition("/")[0] if path in ACTIONS else address
    page = browser.get(where, status=200)
    for form in page.forms.values():
        if urljoin(where, form.action) == address and TYPED[path].keys() <= form.fields.keys():
            return address, dict(form.submit_fields()) | TYPED[path]
    raise AssertionError(f"{where} has no form that leads to {path} and takes {[*TYPED[path]]}")


def stored() -> dict[str, Any]:
    """All rows, and all that Redis holds of sessions."""
    return {table: rows(table) for table in TABLES} | {"sessions": sorted(opened.redis.run("KEYS", "session*"))}


def sent(browser: Browser, address: str, fields: Fields, origin: str | None = SITE, **headers: str) -> TestResponse:
    """Send a form that may come from anywhere."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.post(address, fields, headers=named if origin is None else named | {"Origin": origin})


@pytest.fixture
def refused(roots: Browser, things: Things) -> Callable[..., None]:
    """Sends what must be refused, and have changed nothing."""

    def refused(address: str, fields: Fields, origin: str | None = SITE, **headers: str) -> None:
        before = stored()
        answer = sent(roots, address, fields, origin, **headers)
        assert answer.status_int == 403, f"{fields} from {origin}"
        assert answer.html.title.get_text() == "Not from our pages · Aerie"
        assert "Set-Cookie" not in answer.headers
        assert stored() == before

    return refused


def test_every_page_that_takes_a_form_is_tried() -> None:
    assert sorted(TYPED) == TO_SEND_TO


@pytest.mark.parametrize("path", TO_SEND_TO)
def test_what_a_page_sends_is_done(roots: Browser, things: Things, path: str) -> None:
    """Else all that is refused below would prove nothing."""
    address, fields = filled(roots, things, path)
    before = stored()
    assert sent(roots, address, fields).status_int == 303
    assert stored() != before


@pytest.mark.parametrize("path", GUARDED)
def test_a_missing_or_wrong_token_is_refused(
    roots: Browser, things: Things, refused: Callable[..., None], path: str
) -> None:
    address, fields = filled(roots, things, path)
    token = fields.pop("csrf_token")
    for wrong in ("", "0" * 64, token.upper(), token[:-1], f"{token} ", "é\0"):
        refused(address, fields | {"csrf_token": wrong})
        refused(address, fields, X_CSRF_Token=wrong.encode("ascii", "ignore").decode().replace("\0", ""))
    refused(address, fields)
    refused(f"{address}?csrf_token={token}", fields)
    refused(address, fields | {"CSRF_TOKEN": token})
    # The header is asked first: what is wrong there is not put right by the field.
    refused(address, fields | {"csrf_token": token}, X_CSRF_Token="0" * 64)


@pytest.mark.parametrize("path", GUARDED)
def test_a_token_of_another_session_is_refused(
    log_in: LogIn,
    roots: Browser,
    things: Things,
    root: Person,
    carol: Person,
    refused: Callable[..., None],
    path: str,
) -> None:
    address, fields = filled(roots, things, path)
    for others in (log_in(root), log_in(carol)):
        assert others.csrf_token != fields["csrf_token"]
        refused(address, fields | {"csrf_token": others.csrf_token})


@pytest.mark.parametrize("path", TO_SEND_TO)
def test_what_comes_from_elsewhere_is_refused(
    roots: Browser, things: Things, refused: Callable[..., None], path: str
) -> None:
    address, fields = filled(roots, things, path)
    for origin in (None, *FOREIGN):
        refused(address, fields, origin)
    refused(address, fields, None, Referer=f"{SITE}{address}")


@pytest.mark.parametrize("path", GUARDED)
def test_a_form_of_another_kind_carries_no_token(roots: Browser, things: Things, path: str) -> None:
    address, fields = filled(roots, things, path)
    before = stored()
    for kind in ("text/plain", "application/json", "multipart/form-data; boundary=x"):
        body = "&".join(f"{name}={text}" for name, text in fields.items())
        roots.post(address, body, content_type=kind, headers={"Origin": SITE}, status=403)
    assert stored() == before


def test_a_user_s_token_does_nothing_for_an_admin(
    log_in: LogIn, roots: Browser, things: Things, alice: Person, refused: Callable[..., None]
) -> None:
    """Alice can make any request with her own session, and learn its token."""
    alices = log_in(alice)
    token = alices.csrf_token
    address, fields = filled(roots, things, "/admin/users/new")
    refused(address, fields | {"csrf_token": token})
    assert sent(alices, "/admin/logout", {"csrf_token": token}).status_int == 303


def test_the_token_is_not_the_session_and_gives_nothing_away(roots: Browser) -> None:
    session, token = roots.cookies["session"], roots.csrf_token
    assert token not in session and session not in roots.get("/admin").text
    assert not is_valid(token)


def test_looking_changes_nothing(roots: Browser, things: Things) -> None:
    before = stored()
    for path in sorted({*TYPED, *ACTIONS} - {ENTRANCE}):
        roots.get(f"{things.address(path)}?csrf_token={roots.csrf_token}")
    assert stored() == before
