"""A path with an empty segment leads nowhere, and no link leads to another host."""

import re
from typing import Any

import pytest

from api.app import PAGES, ROUTES
from tests.people import Person
from tests.security.asking import ask

NAMED = {"username": "alice", "name": "aerie.css", "slug": "not-found", "request_id": "x"}
UUID = "00000000-0000-4000-8000-000000000000"
BROKEN_PATHS = [
    "//", "//users", "/users//", "//users/", "///users", "/users//1", "/user//alice", "/%2Fusers", "/users%2F%2F",
    "/%2f/users", "//evil.example/users", "//evil.example/..//users", "/admin//users", "//admin/users", "/admin//",
    "/admin/users//", "//docs", "/static//aerie.css", "http://aerie.example//users", "/users//?limit=1",
]  # fmt: skip

pytestmark = pytest.mark.usefixtures("stores")


def targets() -> list[str]:
    """A path for each route."""
    return [
        re.sub(r"\{(\w+)(?::(\w+))?\}", lambda found: NAMED.get(found[1], UUID if found[2] == "uuid" else "1"), path)
        for path in (ROUTES | PAGES)
    ]


@pytest.mark.parametrize("path", BROKEN_PATHS)
def test_a_path_with_an_empty_segment_is_404(app: Any, root: Person, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "OPTIONS", "DELETE"):
        answer = ask(app, method, path, headers=root.headers)
        assert answer.status == 404, method
        assert not {"location", "link", "allow"} & answer.headers.keys()


def test_an_empty_segment_anywhere_is_404(app: Any, root: Person) -> None:
    for target in targets():
        places = [place for place, char in enumerate(target) if char == "/"]
        for place in places:
            assert ask(app, "GET", f"{target[:place]}/{target[place:]}", headers=root.headers).status == 404, target
        if target != "/":
            assert ask(app, "GET", f"{target}//", headers=root.headers).status == 404, target


def test_one_trailing_slash_means_the_same_as_none(app: Any, root: Person) -> None:
    for target in targets():
        with_slash, without = [ask(app, "GET", each, headers=root.headers) for each in (f"{target}/", target)]
        if target != "/":
            assert with_slash.status == without.status, target


def test_links_to_the_next_page_lead_to_this_host(app: Any, root: Person, alice: Person) -> None:
    for target in ("/users", "/users/", "/%75sers"):
        answer = ask(app, "GET", f"{target}?limit=1", headers=root.headers)
        assert re.fullmatch(r"/users\?limit=1&cursor=\d+", answer.json["next"])
        assert answer.headers["link"] == f'<{answer.json["next"]}>; rel="next"'
