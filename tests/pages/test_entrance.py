"""Logging in and out with a browser."""

from typing import Any

import pytest

from models.stores import opened
from tests.pages.browser import ENTRANCE, SITE, Browser
from tests.pages.conftest import LogIn
from tests.pages.reading import faults, refusal, told
from tests.people import Person, is_valid
from tests.security.rows import rows

WRONG = "not the right password"


def sessions() -> list[dict[str, Any]]:
    return [entry for entry in rows("audit_entry") if entry["model"] == "session"]


def cookie_of(answer: Any) -> set[str]:
    """The attributes of the one cookie that an answer sets, with its name and value."""
    (cookie,) = answer.headers.getall("Set-Cookie")
    return set(cookie.split("; "))


def test_an_admin_gets_in_and_sees_their_name(browser: Browser, root: Person) -> None:
    start = browser.log_in(root).follow(status=200)
    assert (start.request.path, start.html.h1.get_text()) == ("/admin", "Now")
    assert start.html.find("a", href=f"/admin/users/{root.id}").get_text() == "root"


def test_a_user_is_led_to_what_is_for_users(browser: Browser, alice: Person) -> None:
    page = browser.log_in(alice).follow(status=200)
    assert (page.request.path, page.html.h1.get_text()) == ("/docs", "Aerie · API")
    assert browser.get("/user/alice", status=200).json["username"] == "alice"


def test_the_name_may_be_written_in_any_case(browser: Browser, root: Person) -> None:
    page = browser.get(ENTRANCE)
    assert browser.send(page, "Log in", 303, username="ROOT", password=root.password).headers["Location"] == "/admin"


def test_a_form_that_ends_in_an_ampersand_is_a_form(browser: Browser, root: Person) -> None:
    form = b"username=root&password=root%27s+long+password&"
    browser.post(ENTRANCE, form, headers={"Origin": SITE}, content_type="application/x-www-form-urlencoded", status=303)


@pytest.mark.parametrize(("name", "password"), [("root", WRONG), ("nobody", "root's long password"), ("root", "")])
def test_who_is_wrong_sees_the_form_again_without_the_password(
    browser: Browser, root: Person, name: str, password: str
) -> None:
    before = len(sessions())
    page = browser.send(browser.get(ENTRANCE), "Log in", 401, username=name, password=password)
    assert refusal(page) == "Check the username and the password and try again."
    assert page.html.find("input", attrs={"name": "username"})["value"] == name
    assert not page.html.find("input", attrs={"name": "password"}).get("value")
    assert not password or password not in page.text
    assert ("Set-Cookie" in page.headers, browser.cookies, len(sessions())) == (False, {}, before)
    assert browser.send(page, "Log in", 303, username="root", password=root.password)


def test_all_that_is_wrong_looks_the_same(browser: Browser, root: Person, alice: Person, bob: Person) -> None:
    bob.user.deactivate(by=root.as_actor())
    pages = set()
    for name, password in (("alice", WRONG), ("bob", bob.password), ("someone", WRONG), ("\0", WRONG), ("x" * 999, "")):
        page = browser.send(browser.get(ENTRANCE), "Log in", 401, username=name, password=password)
        page.html.find("input", attrs={"name": "username"})
        pages.add(page.text.replace(f'value="{name}"', ""))
    assert len(pages) == 1


def test_a_missing_field_is_named_beside_it(browser: Browser) -> None:
    page = browser.post(ENTRANCE, {"username": "root", "more": "<b>"}, headers={"Origin": SITE}, status=400)
    assert faults(page) == {"password": "This field is required."}
    assert "more: There is no such field here." in refusal(page)


def test_after_ten_wrong_passwords_one_is_told_how_long_to_wait(browser: Browser, root: Person) -> None:
    page = browser.get(f"{ENTRANCE}?next=/admin/users")
    for _ in range(10):
        page = browser.send(page, "Log in", 401, username="root", password=WRONG)
    page = browser.send(page, "Log in", 429, username="root", password=root.password)
    seconds = page.headers["Retry-After"]
    assert 0 < int(seconds) <= 301
    assert refusal(page) == f"Too many passwords were wrong; try again in {seconds} seconds."
    assert browser.cookies == {}
    opened.redis.run("FLUSHALL")
    assert browser.send(page, "Log in", 303, username="root", password=root.password).location == "/admin/users"


def test_the_cookie_is_for_this_site_alone_and_for_a_day(browser: Browser, root: Person) -> None:
    cookie = cookie_of(browser.log_in(root))
    assert cookie == {f"session={browser.cookies['session']}", "Max-Age=86400", "Path=/", "HttpOnly", "SameSite=Lax"}
    assert is_valid(browser.cookies["session"])


def test_over_tls_the_cookie_is_of_this_very_host(browser: Browser, root: Person) -> None:
    tls = {"wsgi.url_scheme": "https", "HTTP_HOST": "aerie.example"}
    typed = {"username": "root", "password": root.password}
    browser.post(ENTRANCE, typed, headers={"Origin": SITE}, extra_environ=tls, status=403)
    answer = browser.post(ENTRANCE, typed, headers={"Origin": "https://aerie.example"}, extra_environ=tls, status=303)
    cookie = cookie_of(answer)
    (named,) = [each for each in cookie if each.startswith("__Host-session=")]
    assert cookie - {named} == {"Max-Age=86400", "Path=/", "HttpOnly", "SameSite=Lax", "Secure"}
    both = {**tls, "HTTP_COOKIE": named.replace("__Host-", "")}
    assert browser.get("/admin", extra_environ=both, status=303), "a neighbour may have planted the other name"
    assert browser.get("/admin", extra_environ={**tls, "HTTP_COOKIE": named}, status=200)


def test_each_log_in_is_a_new_session_and_ends_the_browser_s_former_one(browser: Browser, root: Person) -> None:
    tokens = []
    for _ in range(3):
        browser.log_in(root)
        tokens.append(browser.cookies["session"])
    assert len(set(tokens)) == 3
    assert [is_valid(token) for token in [*tokens, root.token]] == [False, False, True, True]
    actions = [entry["action"] for entry in sessions()]
    assert actions == ["create", "create", "create", "destroy", "create", "destroy"]


def test_a_log_in_as_somebody_else_ends_the_former_session_too(browser: Browser, root: Person, carol: Person) -> None:
    browser.log_in(root)
    former = browser.cookies["session"]
    browser.log_in(carol)
    assert not is_valid(former)
    assert browser.get("/admin").html.find("a", href=f"/admin/users/{carol.id}")


def test_a_refused_log_in_leaves_the_former_session_alone(roots: Browser) -> None:
    roots.send(roots.get(ENTRANCE), "Log in", 401, username="root", password=WRONG)
    assert roots.get("/admin", status=200)


@pytest.mark.parametrize("planted", ["nonsense", "a.b.c", "", '"', "\xff"])
def test_a_cookie_that_is_no_session_is_replaced(browser: Browser, root: Person, planted: str) -> None:
    headers = {"Cookie": f"session={planted}"}
    assert browser.get("/admin", headers=headers, status=303)
    typed = {"username": "root", "password": root.password}
    assert browser.post(ENTRANCE, typed, headers=headers | {"Origin": SITE}, status=303)
    assert is_valid(browser.cookies["session"])


def test_logging_out_forgets_the_cookie_and_ends_the_session_at_once(roots: Browser) -> None:
    token = roots.cookies["session"]
    answer = roots.send(roots.get("/admin/users"), "Log out", 303)
    assert cookie_of(answer) >= {"Path=/", "HttpOnly", "SameSite=Lax"}
    assert (roots.cookies, is_valid(token)) == ({}, False), "the browser keeps a cookie, if an empty one"
    page = answer.follow(status=200)
    assert (page.request.path, told(page)) == (ENTRANCE, "You are logged out.")
    assert roots.get("/admin", status=303)
    assert roots.get("/admin", headers={"Cookie": f"session={token}"}, status=303)
    assert roots.get("/users", headers={"Authorization": f"Bearer {token}"}, status=401)


def test_whoever_logs_out_is_in_elsewhere_still(roots: Browser, root: Person) -> None:
    roots.do(roots.get("/admin"), "Log out")
    assert is_valid(root.token)


def test_a_user_may_log_out_too(log_in: LogIn, alice: Person) -> None:
    alices = log_in(alice)
    token = alices.cookies["session"]
    assert told(alices.do(alices.get("/docs"), "Log out")) == "You are logged out."
    assert not is_valid(token)


def test_a_page_left_open_when_the_session_ends_leads_to_the_entrance(roots: Browser, root: Person) -> None:
    page = roots.get("/admin/defects/new")
    root.user.end_sessions(by=root.as_actor())
    answer = roots.send(page, "Report it", 303, comment="It leaks.")
    entrance = answer.follow(status=200)
    assert told(entrance) == "Your session has ended, so what you sent was not done. Log in, and send it again."
    assert rows("defect") == []
    assert roots.send(entrance, "Log in", 303, username="root", password=root.password).location == page.request.path


def test_who_is_an_admin_no_more_sees_no_page(roots: Browser, carol: Person, root: Person) -> None:
    typed = {"role": "user"}
    Browser.put_json(roots, f"/users/{root.id}", typed, headers=carol.headers, status=200)
    assert roots.get("/admin", status=403)
