"""/docs: what Swagger UI shows is tried, with the browser's own session."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.sight import findings, started
from tests.browser.windows import Windows


@pytest.fixture
def docs(windows: Windows, root: str) -> Page:
    """The page, in a wide window of an admin."""
    page = windows.open(token=root, width=1600)
    page.goto("/docs")
    started(page)
    return page


def unfold(page: Page, name: str) -> Locator:
    operation = page.locator(f"[id$='-{name}']")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    return operation


def status_after(operation: Locator) -> Locator:
    operation.get_by_role("button", name="Execute").click()
    return operation.locator(".live-responses-table tbody .response-col_status")


def test_a_read_and_a_write_are_tried_by_cookie(docs: Page) -> None:
    greeting = unfold(docs, "get_root")
    expect(status_after(greeting)).to_have_text(re.compile("^200"))
    expect(greeting.locator(".live-responses-table")).to_contain_text("Hello root")
    write = unfold(docs, "post_tasks")
    write.get_by_label("Request body").fill('{"type": "delay", "seconds": 0}')
    expect(status_after(write)).to_have_text(re.compile("^202"))


def test_an_operation_that_is_being_tried_can_be_used_by_everyone(docs: Page) -> None:
    expect(status_after(unfold(docs, "get_root"))).to_have_text(re.compile("^200"))
    unfold(docs, "post_users")
    docs.emulate_media(color_scheme="dark")
    expect(docs.locator("html")).to_have_class("dark-mode")
    assert findings(docs, within=".opblock.is-open") == []
    docs.emulate_media(color_scheme="light")
    expect(docs.locator("html")).to_have_class("")
    assert findings(docs, within=".opblock.is-open") == []
