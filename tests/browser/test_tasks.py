"""JavaScript is started, watched and stopped, by keyboard."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.keyboard import fill, press
from tests.browser.windows import Windows
from tests.services.processes import wait_until

UNDER_WAY = re.compile("^(queued|running)$")
SLOWLY = "const end = Date.now() + 2000; while (Date.now() < end) {} console.log('thought'); 6 * 7"
ENDLESS = "while (true) {}"


def start(page: Page, code: str) -> None:
    page.goto("/admin/tasks")
    press(page, "Start one")
    fill(page, "Code", code)
    press(page, "Run it")


def status(page: Page) -> Locator:
    return page.locator(".status")


def looked_up(page: Page, wanted: str) -> bool:
    press(page, "Look again")
    return status(page).text_content() == wanted


def test_a_script_is_watched_until_it_is_done(windows: Windows, root: str) -> None:
    page = windows.open(token=root)
    start(page, SLOWLY)
    expect(status(page)).to_have_text(UNDER_WAY)
    expect(status(page)).to_have_text("succeeded")
    expect(page.get_by_role("main")).to_contain_text("42")
    expect(page.get_by_role("listitem")).to_contain_text("thought")


def test_an_endless_script_is_stopped(windows: Windows, root: str) -> None:
    page = windows.open(token=root)
    start(page, ENDLESS)
    expect(status(page)).to_have_text("running")
    press(page, "Cancel")
    expect(status(page)).to_have_text("cancelled")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)


def test_without_scripts_one_looks_again_until_it_is_done(windows: Windows, root: str) -> None:
    page = windows.open(token=root, scripts=False)
    start(page, SLOWLY)
    expect(status(page)).to_have_text(UNDER_WAY)
    wait_until(lambda: looked_up(page, "succeeded"), what="it is done")
    expect(page.get_by_role("main")).to_contain_text("42")


def test_without_scripts_an_endless_one_is_stopped(windows: Windows, root: str) -> None:
    page = windows.open(token=root, scripts=False)
    start(page, ENDLESS)
    wait_until(lambda: looked_up(page, "running"), what="it runs")
    press(page, "Cancel")
    expect(page.get_by_role("status")).to_contain_text(re.compile("is being stopped|is cancelled"))
    if status(page).text_content() != "cancelled":
        wait_until(lambda: looked_up(page, "cancelled"), what="it is cancelled")
    expect(page.get_by_role("link", name="Look again")).to_have_count(0)
