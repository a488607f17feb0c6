"""A defect is reported and told of, and the audit trail says by whom, by keyboard."""

import re

from playwright.sync_api import Page, expect

from tests.browser.keyboard import fill, press
from tests.services.processes import wait_until


def report(page: Page, comment: str) -> str:
    page.goto("/admin")
    press(page, "Defects")
    press(page, "Report one")
    fill(page, "What is wrong?", comment)
    press(page, "Report it")
    return page.url.rpartition("/")[2]


def is_delivered(page: Page) -> bool:
    page.reload()
    return page.locator(".status").text_content() == "delivered"


def test_a_defect_is_reported_its_notice_arrives_and_its_request_tells_all(admin: Page) -> None:
    defect = report(admin, "The right door of car 9 sticks")
    press(admin, "Its notices")
    press(admin, admin.locator("tbody a").first.text_content() or "")
    wait_until(lambda: is_delivered(admin), what="its notice is delivered")
    request = admin.locator("a.id").text_content() or ""
    press(admin, request)
    expect(admin.get_by_role("heading", level=1)).to_have_text(f"Request {request}")
    entries, notices = (row.inner_text() for row in admin.locator("tbody tr").all())
    assert f"defect {defect}" in entries
    assert "delivered" in notices


def test_the_audit_is_filtered_and_leads_from_an_entry_to_its_request(admin: Page) -> None:
    defect = report(admin, "The horn of car 9 is too quiet")
    press(admin, "Audit")
    fill(admin, "Done to a", "defect")
    fill(admin, "Id of that", defect)
    press(admin, "Filter")
    expect(admin.locator("tbody tr")).to_have_count(1)
    press(admin, admin.locator("tbody a").first.text_content() or "")
    expect(admin.get_by_role("cell", name='"***"')).to_be_visible()
    press(admin, admin.locator("a.id").text_content() or "")
    expect(admin).to_have_url(re.compile("/admin/requests/"))
    expect(admin.get_by_role("main")).to_contain_text(f"defect {defect}")


def test_a_defect_is_deleted_by_who_reported_it_after_a_question(admin: Page) -> None:
    defect = report(admin, "A mistake")
    press(admin, "Delete…")
    expect(admin.get_by_role("heading", level=1)).to_have_text(f"Delete defect {defect}?")
    press(admin, "Delete it")
    expect(admin.get_by_role("status")).to_have_text(f"Defect {defect} is deleted.")
