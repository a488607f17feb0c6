"""Promise 10, for browsers: what a cookie, a page and a form hold in confidence is in no log, table or Redis value."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from models import refusals
from tests.people import Person
from tests.security.asking import Answer, ask
from tests.security.cookies import FORM, HOST, SITE, csrf_token, from_page
from tests.security.rows import redis_contents
from tests.security.test_secrets import assert_absent, dump

TYPED_AS_NAME, WRONG, NEW = "canary-typed-as-name-4721", "canary-wrong-4722", "canary-new-password-4723"


class Browser:
    """One that logs in, rightly and wrongly, looks around and writes, and what it was trusted with."""

    def __init__(self, app: Any, root: Person) -> None:
        self._app, self._root = app, root
        self.tokens: list[str] = []
        self.answers: list[Answer] = []

    def post(self, path: str, token: str | None, **fields: str) -> Answer:
        headers = from_page(token, **FORM) if token else {"Host": HOST, "Origin": SITE, **FORM}
        body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
        self.answers.append(ask(self._app, "POST", path, headers=headers, body=body))
        return self.answers[-1]

    def log_in(self) -> str:
        password = self._root.password.replace(" ", "+")
        given = self.post("/admin/login", None, username=self._root.name, password=password).headers["set-cookie"]
        found = re.match("session=([^;]+);", given)
        assert found
        self.tokens.append(found[1])
        return self.tokens[-1]

    def live(self) -> None:
        for name, password in ((TYPED_AS_NAME, WRONG), (self._root.name, WRONG), (WRONG, TYPED_AS_NAME)):
            assert self.post("/admin/login", None, username=name, password=password).status == 401
        token = self.log_in()
        wanted = {"password": NEW, "role": "user", "csrf_token": csrf_token(token)}
        assert self.post("/admin/users/new", token, username="mallory", **wanted).status == 303
        assert self.post("/admin/users/new", token, username="no name", email=WRONG, **wanted).status == 400
        place = f"/admin/users/{self._root.id}/password"
        assert self.post(place, token, password=NEW, current_password=WRONG).status == 403
        for path in ("/admin", f"/admin/requests/{WRONG}", f"/admin/users?q={WRONG}", f"/?csrf_token={NEW}"):
            self.answers.append(ask(self._app, "GET", path, headers=from_page(token)))
            assert self.answers[-1].status == 200
        assert self.post("/admin/logout", self.log_in()).status == 303
        assert self.post("/admin/logout", token, csrf_token="canary").status == 303

    @property
    def secrets(self) -> list[str]:
        signed = [each.rpartition(".")[2] for each in self.tokens]
        return [TYPED_AS_NAME, NEW, *self.tokens, *signed, *map(csrf_token, self.tokens), self._root.password]


@pytest.fixture
def browser(app: Any, root: Person) -> Browser:
    return Browser(app, root)


@pytest.mark.parametrize("level", ["info", "debug"])
def test_no_password_cookie_or_csrf_token_is_in_the_log(
    browser: Browser, at_level: Callable[[str], None], capfd: pytest.CaptureFixture[str], level: str
) -> None:
    at_level(level)
    browser.live()
    out, err = capfd.readouterr()
    assert out.count('"event":"request"') == len(browser.answers)
    assert_absent(out + err, *browser.secrets)


def test_none_of_them_is_in_a_table_or_in_redis(browser: Browser, root: Person) -> None:
    browser.live()
    assert [each.user_id for each in refusals.latest(by=root.as_actor())] == [None, root.id, None]
    assert_absent(dump() + repr(redis_contents()), *browser.secrets, WRONG)


def test_a_form_that_comes_back_brings_no_password_and_only_pages_bring_a_token(browser: Browser) -> None:
    browser.live()
    for answer in browser.answers:
        head, body = repr(answer.headers), answer.body.decode()
        assert NEW not in head + body
        for token in browser.tokens:
            assert token not in body
            assert token not in head or answer.headers["set-cookie"].startswith(f"session={token};")
            assert csrf_token(token) not in head
    assert TYPED_AS_NAME in browser.answers[0].body.decode() and WRONG not in browser.answers[0].body.decode()
