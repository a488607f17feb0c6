"""Pages while a store is away: each says so, and what was sent meanwhile is done once, when it is sent again."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from models.user import User
from tests.faults import database_away, redis_away
from tests.pages.browser import Browser
from tests.pages.places import TO_LOOK_AT

Fault = Callable[[], AbstractContextManager[None]]
NEW = "/admin/users/new"
BUTTON = "Make the account"
DORA = {"username": "dora", "password": "a long password of dora's"}
either = pytest.mark.parametrize("away", [database_away, redis_away])


@either
def test_whoever_looks_at_a_page_is_told_so(roots: Browser, away: Fault) -> None:
    for path in [each for each in TO_LOOK_AT if "{" not in each]:
        with away():
            refusal = roots.get(path, status=503)
        assert "a store can't be reached" in refusal.html.main.get_text(), path
        assert refusal.headers["Retry-After"] == "1"
        roots.get(path, status=200)


@either
def test_a_form_that_is_sent_again_is_done_once(roots: Browser, away: Fault) -> None:
    filled_in = roots.get(NEW)
    with away():
        refusal = roots.send(filled_in, BUTTON, 503, **DORA)
    assert "Reloading this page sends it again." in refusal.html.main.get_text()
    assert User.select().where(User.username == "dora").count() == 0
    for _ in range(2):
        roots.send(filled_in, BUTTON, 303, **DORA)
    assert User.select().where(User.username == "dora").count() == 1


@either
def test_whoever_logs_in_is_told_so_and_may_try_again(browser: Browser, away: Fault) -> None:
    entrance = browser.get("/admin/login")
    with away():
        refusal = browser.send(entrance, "Log in", 503, username="root", password="it is as long as it has to be")
    assert "a store can't be reached" in refusal.html.main.get_text()
    browser.send(refusal, "Log in", 401, username="root", password="it is as long as it has to be")
