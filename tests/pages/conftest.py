"""Browsers, and people who have logged in with them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.pages.browser import Browser
from tests.pages.things import Things
from tests.people import Person

LogIn = Callable[[Person], Browser]


@pytest.fixture
def browser(app: Any, stores: None) -> Browser:
    """One that nobody has logged in with."""
    return Browser(app)


@pytest.fixture
def log_in(app: Any, stores: None) -> LogIn:
    """Gives somebody a browser of their own, with a session."""

    def log_in(person: Person) -> Browser:
        opened = Browser(app)
        opened.log_in(person)
        return opened

    return log_in


@pytest.fixture
def roots(log_in: LogIn, root: Person) -> Browser:
    return log_in(root)


@pytest.fixture
def carols(log_in: LogIn, carol: Person) -> Browser:
    return log_in(carol)


@pytest.fixture
def things(app: Any, alice: Person, bob: Person, root: Person) -> Things:
    """One of everything that pages show."""
    return Things(app, alice, bob, root)
