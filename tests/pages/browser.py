"""WebTest's client, grown into a browser: it sends what a browser sends, and looks twice at every page it is shown."""

from functools import cached_property
from typing import Any
from urllib.parse import urljoin

from webtest import TestApp, TestRequest, TestResponse

from hooks.csrf import token_of
from models.session import Session
from models.user import User
from tests.pages import laws
from tests.people import Person

SITE = "http://localhost"
ENTRANCE = "/admin/login"


class Page(TestResponse):  # type: ignore[misc]
    """An answer that is taken apart once, however often it is looked at."""

    @cached_property
    def html(self) -> Any:
        return super().html


class Asked(TestRequest):  # type: ignore[misc]
    ResponseClass = Page


class Browser(TestApp):  # type: ignore[misc]
    """Keeps cookies, and names the Origin of each form that it sends.

    Statuses are not checked against 2xx: every test says which one it expects. Whatever page it is shown is held
    against the laws of pages.
    """

    RequestClass = Asked

    def do_request(self, req: Any, status: Any = None, expect_errors: Any = None) -> TestResponse:
        answer = super().do_request(req, status=status or "*", expect_errors=expect_errors)
        if answer.content_type == "text/html" or req.path == "/admin" or req.path.startswith("/admin/"):
            laws.check(answer)
        return answer

    def log_in(self, person: Person, *, at: str = ENTRANCE) -> TestResponse:
        """Fill in the real form; return its answer, which leads on."""
        return self.send(self.get(at), "Log in", 303, username=person.name, password=person.password)

    @property
    def actor(self) -> User:
        """Whoever it acts for."""
        return Session.bearer(self.cookies["session"])

    @property
    def csrf_token(self) -> str:
        """What the pages of its session carry, be it that its user is shown none of them."""
        return token_of(str(self.actor.session_id))

    def send(self, page: TestResponse, button: str, status: int, /, **typed: str) -> TestResponse:
        """Fill in the form of a page that has this button, and press it; the answer must have that status."""
        form = form_with(page, button)
        for name, text in typed.items():
            form[name] = text
        fields = [(name, _as_sent(text)) for name, text in form.submit_fields()]
        address = urljoin(page.request.path_qs, form.action)
        if form.method.lower() == "get":
            return self.get(address.partition("?")[0], fields, status=status)
        return self.post(address, fields, headers={"Origin": SITE}, status=status)

    def do(self, page: TestResponse, button: str, /, **typed: str) -> TestResponse:
        """The same where it succeeds; return the page that it leads to."""
        return self.send(page, button, 303, **typed).follow(status=200)

    def back(self, refusal: TestResponse) -> TestResponse:
        """The page that whoever was refused something goes back to."""
        link = refusal.html.find("a", string="Back")
        assert link is not None, "there is no way back"
        return self.get(link["href"]).maybe_follow(status=200)


def form_with(page: TestResponse, button: str) -> Any:
    """The one form of a page whose button says this."""
    found = [form for form in page.forms.values() if form.html.button.get_text(strip=True) == button]
    assert len(found) == 1, f"{page.request.path} has {len(found)} forms to press {button!r}"
    return found[0]


def typed(page: TestResponse, button: str) -> dict[str, str]:
    """What stands in the visible fields of the form with that button."""
    form = form_with(page, button)
    return {name: text for name, text in form.submit_fields() if name not in ("csrf_token", "key", "version")}


def buttons(page: TestResponse) -> list[str]:
    """What can be pressed on a page."""
    return [button.get_text(strip=True) for button in page.html.find_all("button")]


def _as_sent(text: str) -> str:
    # Browsers end lines in CR LF, however they were typed.
    return text.replace("\r\n", "\n").replace("\n", "\r\n")
