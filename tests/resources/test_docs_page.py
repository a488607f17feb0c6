"""`/docs`: the OpenAPI document as a page, and the files that it is made with."""

import re
import sys
from typing import Any

import pytest
from webtest import TestApp

from resources.static import FILES, FOR_EVER
from tests.people import Person

SCRIPTS = {"text/javascript", "application/javascript"}


@pytest.fixture
def browser(app: Any, stores: None) -> TestApp:
    """A client for what the OpenAPI document says nothing about."""
    return TestApp(app)


def assets(page: Any) -> list[str]:
    return [tag.get("href") or tag["src"] for tag in page.html.find_all(["link", "script"])]


def test_anyone_may_read_it(browser: TestApp) -> None:
    page = browser.get("/docs", status=200)
    assert (page.content_type, page.charset) == ("text/html", "utf-8")
    assert page.html.html["lang"] == "en"
    assert page.html.title.string == "API · Aerie"
    assert page.html.find("meta", {"name": "viewport"})["content"].startswith("width=device-width")
    assert page.html.find("meta", {"name": "csrf-token"}) is None
    links = [link["href"] for link in page.html.noscript.find_all("a")]
    assert links == ["/openapi.json", "/admin/login"]


def test_whoever_is_logged_in_finds_their_name_and_the_token_that_writes_need(browser: TestApp, alice: Person) -> None:
    cookie = {"Cookie": f"session={alice.token}"}  # WebTest would put it in quotes
    page = browser.get("/docs", headers=cookie, status=200)
    assert "alice" in page.html.header.text
    given = page.html.find("meta", {"name": "csrf-token"})["content"]
    headers = cookie | {"Origin": "http://localhost:8080", "X-CSRF-Token": given}
    browser.post_json("/api/defects", {"comment": "It leaks."}, headers=headers, status=403)
    headers["Origin"] = "http://localhost"
    browser.post_json("/api/defects", {"comment": "It leaks."}, headers=headers, status=201)


def test_a_session_that_has_ended_is_none(browser: TestApp) -> None:
    assert (
        browser.get("/docs", headers={"Cookie": "session=nonsense"}, status=200).html.find(
            "meta", {"name": "csrf-token"}
        )
        is None
    )


def test_it_may_load_from_here_alone_and_pictures_from_its_stylesheet(browser: TestApp) -> None:
    page = browser.get("/docs")
    policy = policy_of(page)
    assert policy == policy_of(browser.get("/admin/login")) | {"img-src": "'self' data:"}
    assert policy["script-src"] == "'self'"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cache-Control"] == "no-store"


def policy_of(page: Any) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))


def test_it_names_no_other_host_and_has_no_script_of_its_own(browser: TestApp) -> None:
    page = browser.get("/docs")
    assert not re.search(r"(https?:)?//\w", page.text)
    assert all(tag.get("src") and not tag.string for tag in page.html.find_all("script"))
    assert not page.html.find_all("style")
    assert not page.html.find_all(style=True)


def test_its_files_are_there_and_kept_for_ever(browser: TestApp) -> None:
    found = {each.partition("?")[0]: browser.get(each, status=200) for each in assets(browser.get("/docs"))}
    assert set(found) == {
        f"/static/{name}" for name in ("aerie.svg", "docs.css", "docs.js", "swagger-ui.css", "swagger-ui-bundle.js")
    }
    for path, answer in found.items():
        assert answer.headers["Cache-Control"] == FOR_EVER
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert (answer.content_type in SCRIPTS) == path.endswith(".js")
        assert (answer.content_type == "text/css") == path.endswith(".css")
    assert b"5.33.1" in found["/static/swagger-ui-bundle.js"].body


def test_a_file_of_another_version_is_not_kept(browser: TestApp) -> None:
    for query in ("", "?v=", "?v=0123456789abcdef"):
        assert browser.get(f"/static/swagger-ui.css{query}", status=200).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name",
    ["nonsense.js", "..", "%2e%2e", "..%2fdocs.py", "swagger_bundle.js", "redoc.js", "__init__.py", "docs.js%00"],
)
def test_there_are_no_other_files(browser: TestApp, name: str) -> None:
    browser.get(f"/static/{name}", status=404)


def test_swagger_ui_is_served_from_its_package_without_importing_it() -> None:
    assert FILES["swagger-ui.css"].parent.name == "offapi"
    assert "offapi" not in sys.modules
