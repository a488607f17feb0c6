"""R32, for pages: whatever is sent, the page that comes says what is wrong, and nothing is half done."""

from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import unquote

import pytest

from api.app import PAGES
from tests.people import Person
from tests.security.borne import assert_borne
from tests.security.cookies import FORM, HOST, SITE, from_page
from tests.security.desk import Desk, kept
from tests.security.hostile import ODD_QUERIES, REFUSED_FILTERS, REFUSED_QUERIES
from tests.security.hostile_forms import BODIES, COOKIES, FORMS, HOSTS, OTHER_HOSTS, REFUSED, VALUES
from tests.services.databases import OF_REFUSALS
from tests.test_routes_are_closed import filled

LISTS = {path: path.replace("/api", "").replace("/", "/admin/", 1) for path in REFUSED_FILTERS}
# What a person may type for a time is more than what a program may.
TYPED_TIMES = {"2026-01-01", "2026-01-01T00:00:00"}
LOOKED_AT = [filled(path) for path, page in PAGES.items() if not path.startswith("/static") and hasattr(page, "on_get")]

pytestmark = [pytest.mark.usefixtures("stores"), pytest.mark.parametrize("app", OF_REFUSALS, indirect=True)]


def refusals() -> Iterator[Any]:
    for path, good in FORMS.items():
        if path != "/admin/login":  # where a password may be anything, and is wrong
            yield from (pytest.param(path, name, id=f"{path} {name}") for name in good if name in REFUSED)


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(BODIES) + sum(map(len, REFUSED.values())) >= 100
    assert len(COOKIES) + len(HOSTS) >= 60


@pytest.mark.parametrize("path", FORMS)
def test_a_form_that_is_right_is_taken(desk: Desk, path: str) -> None:
    assert desk.fill_in(path).status == 303, "the rest of this file is about the field that it changes"


@pytest.mark.parametrize(("kind", "body"), BODIES.values(), ids=BODIES.keys())
def test_a_body_that_is_no_form_of_ours_is_refused(desk: Desk, kind: str, body: bytes) -> None:
    """R32"""
    before = kept()
    for path in FORMS:
        answer = desk.send(path, body, kind)
        assert answer.status == (413 if len(body) > 1024 * 1024 else 400), path
    assert kept() == before


@pytest.mark.parametrize(("path", "name"), list(refusals()))
def test_what_a_field_can_t_hold_is_refused_beside_it(desk: Desk, path: str, name: str) -> None:
    """R32"""
    before = kept()
    for value in REFUSED[name]:
        answer = desk.fill_in(path, **{name: value})
        assert answer.status == 400, value[:60]
        assert f"<strong>{name}</strong>".encode() in answer.body, value[:60]
    assert kept() == before


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_a_hostile_value_is_borne_in_every_field(desk: Desk, value: str) -> None:
    """R32"""
    for path, good in FORMS.items():
        for name in [*good, "username", "csrf_token", "version", "current_password", "unknown", value[:100]]:
            if name != "key":
                desk.fill_in(path, **{name: value})


@pytest.mark.parametrize("path", LISTS)
def test_a_hostile_filter_is_refused_by_name(desk: Desk, path: str) -> None:
    """R32"""
    for query in REFUSED_FILTERS[path] + [each for each in REFUSED_QUERIES if "=" in each]:
        _, _, value = query.partition("=")
        answer = desk.look(f"{LISTS[path]}?{query}")
        if value == "" or (path == "/audit" and unquote(value) in TYPED_TIMES):
            assert answer.status == 200, query[:60]
        else:
            assert answer.status == 400, query[:60]
            assert b"<strong>" in answer.body, query[:60]


def test_a_hostile_query_is_borne_by_every_page(desk: Desk) -> None:
    """R32"""
    for path, query in product(LOOKED_AT, REFUSED_QUERIES + ODD_QUERIES):
        desk.look(f"{path}?{query}")


@pytest.mark.parametrize("path", ["/admin", "/admin/login", "/admin/users/1", "/auth/sessions", "/"])
def test_a_hostile_cookie_lets_nobody_in(app: Any, root: Person, path: str) -> None:
    """R32"""
    for given in COOKIES:
        headers = {"Host": HOST, "Origin": SITE, "Cookie": given.replace("{token}", root.token)}
        answer = assert_borne(app, "GET", path, headers=headers)
        if path in ("/", "/admin/login"):
            assert b"root" not in answer.body, given[:60]
        else:
            assert answer.status == (401 if path == "/auth/sessions" else 303), given[:60]


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: ascii(host[:40]))
def test_a_hostile_host_is_borne_and_is_not_where_we_are(app: Any, desk: Desk, host: str) -> None:
    """R32"""
    for path in LOOKED_AT:
        assert (desk.look(path, Host=host).status == 400) == (host not in OTHER_HOSTS)
        assert_borne(app, "GET", path, headers={"Host": host})
    before = kept()
    for path in FORMS:
        headers = from_page(desk.root.token, Host=host, **FORM)
        refused = 403 if host in OTHER_HOSTS else 400
        assert assert_borne(app, "POST", desk.filled(path), headers=headers, body=b"").status == refused
    assert kept() == before


@pytest.mark.parametrize("path", [path for path, good in FORMS.items() if "key" in good])
def test_a_hostile_key_of_a_form_is_borne(desk: Desk, path: str) -> None:
    """R32"""
    for value in VALUES.values():
        desk.fill_in(path, key=value)


@pytest.mark.parametrize("name", ["since", "until"])
def test_a_time_in_a_filter_that_is_given_twice_is_refused(desk: Desk, name: str) -> None:
    """R32"""
    for value in ("", "x", "2026-01-01"):
        answer = desk.look(f"/admin/audit?{name}={value}&{name}={value}")
        assert answer.status == 400
        assert f"<strong>{name}</strong>".encode() in answer.body
