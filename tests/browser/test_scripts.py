"""What aerie.js adds to pages that work without it."""

import re

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.windows import Windows
from tests.system.server import Server

# Lets a test say whether anybody looks at the page.
LOOKED_AT = """
    let looked = true;
    Object.defineProperty(document, "visibilityState", { get: () => (looked ? "visible" : "hidden") });
    addEventListener("look", (event) => {
        looked = event.detail;
        document.dispatchEvent(new Event("visibilitychange"));
    });
"""
# The second while the server still hashes the password.
CLICK_TWICE = "button => { button.click(); setTimeout(() => button.click(), 50) }"


@pytest.fixture
def page(windows: Windows, root: str) -> Page:
    return windows.open(token=root)


def look(page: Page, at: bool) -> None:
    page.evaluate("at => { dispatchEvent(new CustomEvent('look', { detail: at })) }", at)


def test_the_second_click_of_two_sends_nothing(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.goto("/admin/users/new")
    page.get_by_label("Username").fill("clicked-twice")
    page.get_by_label("Password").fill("as long as it has to be")
    with page.expect_navigation(url=re.compile(r"/admin/users/\d+$")):
        page.get_by_role("button", name="Make the account").evaluate(CLICK_TWICE)
    assert len(sent) == 1


def test_a_task_that_nobody_looks_at_holds_no_request(page: Page, server: Server, root: str) -> None:
    page.context.add_init_script(LOOKED_AT)
    task = server.call("POST", "/tasks", root, json={"type": "delay", "seconds": 60}).json()["id"]

    def is_held(request: Request) -> bool:
        return request.url.endswith(f"/tasks/{task}") and request.resource_type == "fetch"

    with page.expect_request(is_held):
        page.goto(f"/admin/tasks/{task}")
    with page.expect_event("requestfailed", is_held):
        look(page, False)
    assert server.call("DELETE", f"/tasks/{task}", root).status_code in (200, 202)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.wait_for_timeout(3000)  # it asks again after two seconds
    assert asked == []
    look(page, True)
    expect(page.locator(".status")).to_have_text("cancelled")
