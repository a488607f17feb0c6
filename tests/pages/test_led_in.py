"""Where one is led after logging in: to where one wanted to go, and never to another site."""

from urllib.parse import quote

import pytest

from tests.pages.browser import ENTRANCE, SITE, Browser
from tests.people import Person

WRONG = "not the right password"
INSIDE = [
    "/admin", "/admin/users", "/admin/users?q=a%2Bb%26c%20d%25&role=user", "/admin?x=1", "/admin/login?left=", "/docs",
    "/admin/audit?since=2026-01-01+13:30", "/docs?x",
]  # fmt: skip
OUTSIDE = [
    "", "//evil.example", "https://evil.example", "https:/evil.example", "/\\evil.example", "\\\\evil.example",
    "javascript:alert(1)", "JavaScript:alert(1)//admin", "/admin.evil.example", "/administrator", "/user/alice",
    "//evil.example/admin", "http://localhost/admin", " /admin", "\t//evil.example", "/%2fevil.example", "/docs.evil",
    "data:text/html,<script>alert(1)</script>", "/ADMIN", "///evil.example/admin/", "admin",
]  # fmt: skip
DECEITS = ["/admin/\r\nSet-Cookie: session=1", "/admin/..//evil.example", "/admin?\r\n\r\n<script>alert(1)</script>",
           "/admin/\\evil.example", "/admin/é\u2028"]  # fmt: skip


def test_one_gets_to_where_one_wanted_to_go(browser: Browser, root: Person) -> None:
    for wanted in INSIDE:
        page = browser.get(f"{ENTRANCE}?next={quote(wanted, safe='')}")
        page = browser.send(page, "Log in", 401, username="root", password=WRONG)
        answer = browser.send(page, "Log in", 303, username="root", password=root.password)
        assert answer.headers["Location"] == wanted


def test_nobody_is_led_to_where_others_are(browser: Browser, root: Person) -> None:
    for wanted in OUTSIDE:
        answer = browser.log_in(root, at=f"{ENTRANCE}?next={quote(wanted, safe='')}")
        assert answer.headers["Location"] == "/admin"


@pytest.mark.parametrize("wanted", DECEITS)
def test_whatever_looks_like_a_page_stays_within_this_site_and_one_line(
    browser: Browser, root: Person, wanted: str
) -> None:
    answer = browser.log_in(root, at=f"{ENTRANCE}?next={quote(wanted, safe='')}")
    assert answer.headers["Location"].startswith("/admin")
    assert answer.headers["Location"].isascii() and answer.headers["Location"].isprintable()
    assert [cookie.partition("=")[0] for cookie in answer.headers.getall("Set-Cookie")] == ["session"]


def test_of_several_wishes_none_leads_elsewhere(browser: Browser, root: Person) -> None:
    for wishes in ("next=/admin/users&next=//evil.example", "next=//evil.example&next=/admin/users"):
        assert browser.log_in(root, at=f"{ENTRANCE}?{wishes}").headers["Location"] in ("/admin", "/admin/users")


def test_the_form_s_own_wish_is_none(browser: Browser, root: Person) -> None:
    given = {"username": "root", "password": root.password, "next": "//evil.example"}
    assert browser.post(ENTRANCE, given, headers={"Origin": SITE}).status_int == 400
