"""What the service says of itself."""

from typing import Any

import pytest

from api.problem_kinds import DESCRIPTIONS
from tests.client import Client
from tests.people import Person

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("slug", DESCRIPTIONS)
def test_every_problem_has_a_page(api: Client, slug: str) -> None:
    page = api.get(f"/problems/{slug}", status=200).json
    assert page["type"] == f"/problems/{slug}"
    assert 400 <= page["status"] <= 503
    assert page["title"]
    assert page["detail"].endswith(".")


@pytest.mark.parametrize("slug", DESCRIPTIONS)
def test_a_browser_is_shown_the_same_as_a_page(api: Client, slug: str) -> None:
    answer = api.get(f"/problems/{slug}", headers=BROWSER, status=200)
    assert answer.content_type == "text/html"
    assert answer.html.h1.text == DESCRIPTIONS[slug]["title"]
    assert DESCRIPTIONS[slug]["detail"] in answer.html.main.text
    assert answer.headers["Vary"] == "Accept"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/problem+json", "text/html;q=", "nonsense"])
def test_who_would_not_rather_have_a_page_gets_json(api: Client, accept: str) -> None:
    assert api.get("/problems/outdated", headers={"Accept": accept}, status=200).content_type == "application/json"


def test_no_two_problems_share_a_page() -> None:
    assert len({page["detail"] for page in DESCRIPTIONS.values()}) == len(DESCRIPTIONS)


@pytest.mark.parametrize("slug", ["nonsense", "Not-Found", "..", "%00"])
def test_a_problem_that_is_none_is_404(api: Client, slug: str) -> None:
    assert api.get(f"/problems/{slug}", status=404).json["type"] == "/problems/not-found"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/user", b"{"),
        ("POST", "/user", b"{}"),
        ("POST", "/auth", b'{"username": "a", "password": "b"}'),
        ("GET", "/auth/sessions", b""),
        ("GET", "/nowhere", b""),
        ("PATCH", "/", b""),
        ("POST", "/user", b" " * (1024 * 1024 + 1)),
    ],
)
def test_the_type_of_an_error_leads_to_its_meaning(api: Client, method: str, path: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    problem: dict[str, Any] = api.request(path, method=method, headers=headers, body=body).json
    page = api.get(problem["type"], status=200).json
    assert (page["status"], page["title"]) == (problem["status"], problem["title"])


def test_the_document_is_json_for_anyone(api: Client, alice: Person) -> None:
    stranger, person = api.get("/openapi.json", status=200), api.get("/openapi.json", headers=alice.headers, status=200)
    assert stranger.content_type == "application/json"
    assert stranger.body == person.body
