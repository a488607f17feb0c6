"""A whole server with things in it, and browser windows to look at them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.content import Content, furnish
from tests.browser.windows import Windows
from tests.system.server import Server

PASSWORD = "correct horse battery"
# A machine that stalls for a moment is no fault here.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A running server, which all tests share."""
    parent = Path(tempfile.mkdtemp(prefix="aerie-"))
    with Server(parent / "data", ADMIN_USERNAME="root", ADMIN_PASSWORD=PASSWORD) as running:
        yield running
    shutil.rmtree(parent)


@pytest.fixture(scope="session")
def root(server: Server) -> str:
    """The token of the admin."""
    return server.log_in("root", PASSWORD)


@pytest.fixture(scope="session")
def content(server: Server, root: str) -> Content:
    """Something on every page, much of it long, and markup in every field that takes it."""
    return furnish(server, root)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's own browser; Playwright's can't be had everywhere."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
        yield browser
        browser.close()


@pytest.fixture
def windows(chromium: Browser, server: Server) -> Iterator[Windows]:
    """Opens windows; whatever went wrong in one of them fails the test at its end."""
    opened = Windows(chromium, server.url, patience=PATIENCE)
    yield opened
    opened.close()


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Whether the browser runs scripts: pages work either way."""
    return bool(request.param)


@pytest.fixture
def anyone(windows: Windows, scripts: bool) -> Page:
    """A window of somebody who is not logged in."""
    return windows.open(scripts=scripts)


@pytest.fixture
def admin(windows: Windows, scripts: bool, root: str) -> Page:
    """A window of an admin."""
    return windows.open(token=root, scripts=scripts)
