"""Every page of the table, whoever opens it: found there, so that none can be forgotten."""

from typing import Any
from urllib.parse import quote

import pytest
from webtest import TestApp, TestResponse

from api.app import PAGES
from api.problem_kinds import DESCRIPTIONS
from models.task_kinds import Status
from tests.pages.browser import ENTRANCE, SITE, Browser
from tests.pages.conftest import LogIn
from tests.pages.places import ACTIONS, CLOSED, TO_LOOK_AT, TO_SEND_TO, has
from tests.pages.things import Things, missing, task
from tests.people import Person

NO_ROUTE = ["/admin/nowhere", "/admin/users/0", "/admin/users/01", f"/admin/users/{2**63}", "/admin/users/x",
            "/admin/tasks/x", "/admin/defects/1/x", "/admin/audit/%00", "/admin/users/1/delete/x"]  # fmt: skip
# For whoever is not there, too.
TO_ALL_WHO_ARE_LOGGED_IN = {"/admin/logout"}
OF_ADMINS = [path for path in CLOSED if path not in TO_ALL_WHO_ARE_LOGGED_IN]
# A request that has left no trace is shown as such.
NAMING_A_THING = [path for path in OF_ADMINS if "{" in path and path != "/admin/requests/{request_id}"]


def methods(path: str) -> list[str]:
    """How a page may be asked for."""
    return [method for method in ("get", "post") if has(path, method)]


def opened(browser: Browser, address: str, method: str, token: str = "") -> TestResponse:
    """The answer to somebody who opens an address, or sends a form there."""
    if method == "get":
        return browser.get(address)
    return browser.post(address, {"csrf_token": token}, headers={"Origin": SITE})


def test_the_pages_that_are_to_look_at_and_those_that_do_something_are_all() -> None:
    assert len(TO_LOOK_AT) > 15 and len(ACTIONS) == 5 and len(TO_SEND_TO) >= 12
    assert all(has(path, "get") for path in PAGES)


@pytest.mark.parametrize("path", CLOSED)
def test_without_a_session_a_page_leads_to_the_entrance(browser: Browser, things: Things, path: str) -> None:
    asked = [(address, method) for address in (things.address(path), missing(path)) for method in methods(path)]
    for address, method in asked:
        answer = opened(browser, address, method)
        lost = "&lost=" if method == "post" else ""  # what was sent, so that the entrance says so
        assert answer.status_int == 303
        assert answer.headers["Location"] == f"{ENTRANCE}?next={quote(address, safe='')}{lost}"
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", CLOSED)
def test_whoever_logs_in_comes_back_to_where_they_wanted_to_go(
    browser: Browser, things: Things, root: Person, path: str
) -> None:
    address = things.address(path)
    entrance = browser.get(address, status=303).follow(status=200)
    came_back = browser.send(entrance, "Log in", 303, username=root.name, password=root.password)
    assert came_back.headers["Location"] == address
    wanted = came_back.follow()
    assert wanted.status_int == (303 if path in ACTIONS else 200)


@pytest.mark.parametrize("path", OF_ADMINS)
def test_a_user_is_told_on_a_page_that_it_is_not_for_them(
    log_in: LogIn, things: Things, alice: Person, path: str
) -> None:
    alices = log_in(alice)
    for address in (things.address(path), missing(path)):
        for method in methods(path):
            answer = opened(alices, address, method, token=alices.csrf_token)
            assert answer.status_int == 403
            assert "Only an admin may do this." in answer.html.main.get_text()


@pytest.mark.parametrize("path", TO_LOOK_AT)
def test_an_admin_is_shown_what_is_there(roots: Browser, things: Things, path: str) -> None:
    address = things.address(path)
    page = roots.get(address, status=200)
    assert page.headers["X-Request-ID"]
    assert roots.head(address, status=200).body == b""
    assert roots.get(f"{address}/", status=200).html.title == page.html.title
    assert page.html.find("form", action="/admin/logout"), "no way out"


@pytest.mark.parametrize("path", ACTIONS)
def test_whoever_opens_the_address_of_a_deed_is_led_to_what_it_is_done_to(
    roots: Browser, things: Things, path: str
) -> None:
    address = things.address(path)
    answer = roots.get(address, status=303)
    assert answer.headers["Location"] == address.rpartition("/")[0]
    assert answer.follow().status_int == 200


@pytest.mark.parametrize("path", NAMING_A_THING)
def test_what_is_not_there_is_a_page_that_says_so(roots: Browser, root: Person, path: str) -> None:
    answer = roots.get(missing(path), status=404)
    assert answer.html.h1.get_text() == "Not found"
    if has(path, "post"):
        assert opened(roots, missing(path), "post", token=roots.csrf_token).status_int == 404


def test_where_no_page_is_everybody_is_told_so_on_a_page(
    browser: Browser, log_in: LogIn, alice: Person, roots: Browser
) -> None:
    for somebody in (browser, log_in(alice), roots):
        for address in NO_ROUTE:
            for method in ("GET", "POST", "HEAD", "PUT"):
                assert somebody.request(address, method=method).status_int == 404, address


@pytest.mark.parametrize("path", sorted(PAGES.keys() - {"/static/{name}"}))
def test_a_method_that_a_page_has_not_is_405_on_a_page(roots: Browser, things: Things, path: str) -> None:
    having = {method.upper() for method in ("get", "head", "post") if has(path, method)} | {"OPTIONS"}
    for method in {"POST", "PUT", "PATCH", "DELETE", "TRACE"} - having:
        answer = roots.request(things.address(path), method=method, status=405)
        assert set(answer.headers["Allow"].split(", ")) == having


def test_a_page_can_be_asked_for_by_bearer_token_too(browser: Browser, things: Things, root: Person) -> None:
    assert browser.get("/admin/users", headers=root.headers, status=200)
    dead = {"Authorization": "Bearer nonsense"}
    assert browser.get("/admin/users", headers=dead, status=303)


def test_what_says_what_a_problem_means_is_a_page_for_people(browser: Browser, roots: Browser) -> None:
    for slug in DESCRIPTIONS:
        for somebody in (browser, roots):
            page = somebody.get(f"/problems/{slug}", headers={"Accept": "text/html"}, status=200)
            assert page.html.h1.get_text() == DESCRIPTIONS[slug]["title"]


def test_no_link_leads_to_what_is_not_there(roots: Browser, things: Things, root: Person) -> None:
    for status in Status:
        task(root, status)
    seen, waiting = {"/openapi.json"}, ["/admin"]
    while waiting:
        page = roots.get(waiting.pop(), status=200)
        found = {link["href"] for link in page.html.find_all("a") if link["href"] != "#main"}
        waiting += sorted(found - seen)
        seen |= found
    assert len(seen) > 40


def test_files_beside_pages_are_for_anyone_and_name_their_version(app: Any, browser: Browser) -> None:
    page, anyone = browser.get(ENTRANCE), TestApp(app)
    addresses = [page.html.find("script")["src"], *(link["href"] for link in page.html.find_all("link"))]
    assert len(addresses) == 3
    for address in addresses:
        assert "immutable" in anyone.get(address, status=200).headers["Cache-Control"]
        outdated = anyone.get(f"{address}0", status=200)
        assert outdated.headers["Cache-Control"] == "no-store"
    for name in ("..%2fbase.html", "%2e%2e", "aerie.js%00", "templates"):
        anyone.get(f"/static/{name}", status=404)
