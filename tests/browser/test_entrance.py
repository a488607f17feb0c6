"""In and out by keyboard, and the doors that stay closed."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD
from tests.browser.content import PASSWORD as BOBS
from tests.browser.content import Content
from tests.browser.keyboard import IS_FOCUSED, fill, press, tab_to
from tests.browser.windows import Windows


def log_in(page: Page, username: str, password: str) -> None:
    fill(page, "Username", username)
    fill(page, "Password", password)
    press(page, "Log in")


def test_one_logs_in_where_one_wanted_to_go_and_out_again(anyone: Page, windows: Windows) -> None:
    anyone.goto("/admin/tasks?type=delay")
    expect(anyone.get_by_role("heading", level=1)).to_have_text("Log in")
    log_in(anyone, "root", PASSWORD)
    expect(anyone).to_have_url(re.compile(r"/admin/tasks\?type=delay$"))
    press(anyone, "Log out")
    expect(anyone.get_by_role("status")).to_have_text("You are logged out.")
    anyone.goto("/admin")
    expect(anyone).to_have_url(re.compile("/admin/login"))


def test_whoever_mistypes_the_password_is_told_so_and_tries_again(anyone: Page, windows: Windows) -> None:
    windows.expected.add(401)
    anyone.goto("/admin/login")
    log_in(anyone, "root", "not this one at all")
    expect(anyone.get_by_role("alert")).to_contain_text("Check the username and the password")
    fill(anyone, "Password", PASSWORD)
    press(anyone, "Log in")
    expect(anyone.get_by_role("heading", level=1)).to_have_text("Now")


def test_a_user_who_is_no_admin_is_refused_with_a_way_out(anyone: Page, windows: Windows, content: Content) -> None:
    windows.expected.add(403)
    anyone.goto("/admin/users")
    log_in(anyone, "bob", BOBS)
    expect(anyone.get_by_role("heading", level=1)).to_have_text("Not allowed")
    press(anyone, "Log in as somebody else")
    log_in(anyone, "root", PASSWORD)
    expect(anyone.get_by_role("heading", level=1)).to_have_text("Now")


def test_the_first_tab_leads_past_the_menu(admin: Page) -> None:
    admin.goto("/admin/users")
    admin.keyboard.press("Tab")
    skip = admin.get_by_role("link", name="Skip to the content")
    assert skip.evaluate(IS_FOCUSED)
    expect(skip).to_be_in_viewport()
    admin.keyboard.press("Enter")
    admin.keyboard.press("Tab")
    assert admin.get_by_role("link", name="New user").evaluate(IS_FOCUSED)


def test_a_command_for_curl_is_copied_by_keyboard(windows: Windows, root: str) -> None:
    page = windows.open(token=root)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/admin/users?role=admin")
    tab_to(page.locator("summary"))
    page.keyboard.press("Enter")
    tab_to(page.get_by_role("button", name="Copy"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert "/users?limit=50&role=admin" in page.evaluate("navigator.clipboard.readText()")
