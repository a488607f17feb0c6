"""A write by cookie that does not come from a page of ours is 403, whatever it asks for, and changes nothing."""

import hmac
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from api.app import ROUTES
from api.openapi import operations_of
from hooks.csrf import FIELD, HEADER
from models.session import Session
from models.stores import opened
from tests.people import Person, bearer, claims
from tests.security.asking import Answer, ask, ask_json
from tests.security.cookies import FORM, HOST, SITE, cookie, csrf_token, from_page, without
from tests.security.rows import redis_contents, rows
from tests.test_routes_are_closed import OPEN, filled

CHANGE = {"data": {"a": 1}}
WRITES = [
    (method.upper(), filled(path))
    for path, resource in ROUTES.items()
    for method in operations_of(resource)
    if method not in ("get", "head") and (method, path) not in OPEN
]
ORIGINS = {
    "none": None,
    "empty": "",
    "null": "null",
    "foreign": "http://evil.example",
    "another scheme": f"https://{HOST}",
    "another port": f"{SITE}:8080",
    "the port of another scheme": f"{SITE}:443",
    "a subdomain": f"http://www.{HOST}",
    "the parent": "http://example",
    "a host that begins with ours": f"{SITE}.evil.example",
    "a host that ends with ours": f"http://evil{HOST}",
    "ours as the user": f"{SITE}@evil.example",
    "ours as the password": f"http://a:{HOST}@evil.example",
    "a user of ours": f"http://evil@{HOST}",
    "a path": f"{SITE}/",
    "a query": f"{SITE}?http://evil.example",
    "a trailing dot": f"{SITE}.",
    "a tab": f"{SITE}\t",
    "two of them": f"{SITE} http://evil.example",
    "a list": f"{SITE}, http://evil.example",
    "no scheme": HOST,
    "a relative one": f"//{HOST}",
    "a file": "file://",
    "an extension": "chrome-extension://aeriexample",
    "letters that look alike": "http://\xe6rie.example",
    "any": "*",
}
Forge = Callable[[Person, Person], str | None]
TOKENS: dict[str, Forge] = {
    "none": lambda alice, root: None,
    "empty": lambda alice, root: "",
    "zeros": lambda alice, root: "0" * 64,
    "that of another session of hers": lambda alice, root: csrf_token(alice.log_in()),
    "that of an ended session of hers": lambda alice, root: _of_an_ended(alice),
    "that of an admin": lambda alice, root: csrf_token(root.token),
    "cut short": lambda alice, root: csrf_token(alice.token)[:-1],
    "with more": lambda alice, root: csrf_token(alice.token) + "0",
    "in capitals": lambda alice, root: csrf_token(alice.token).upper(),
    "twice": lambda alice, root: ", ".join([csrf_token(alice.token)] * 2),
    "no ASCII": lambda alice, root: "\xff\xe9" * 32,
    "digits of another script": lambda alice, root: "\xd9\xa1" * 32,
    "the session": lambda alice, root: claims(alice.token)["jti"],
    "the bearer token": lambda alice, root: alice.token,
    "signed with another key": lambda alice, root: _signed(alice, "a secret key of somebody else, 32 bytes or more"),
    "signed with an empty key": lambda alice, root: _signed(alice, ""),
}


def _of_an_ended(person: Person) -> str:
    token = person.log_in()
    Session.end_current(by=Session.bearer(token))
    return csrf_token(token)


def _signed(person: Person, key: str) -> str:
    return hmac.new(key.encode(), f"csrf {claims(person.token)['jti']}".encode(), "sha256").hexdigest()


def kept() -> Any:
    """Every row, and all that Redis has but for when a session was last seen."""
    of_redis = {key: value for key, value in redis_contents().items() if not key.startswith("seen:")}
    return [rows(table) for table in ("users", "task", "defect", "notification", "audit_entry")], of_redis


def assert_forged(app: Any, headers: dict[str, str], method: str, path: str, body: bytes = b"{}") -> Answer:
    refusal = ask(app, method, path, headers=headers, body=body)
    assert (refusal.status, refusal.json["type"]) == (403, "/problems/forged-request"), f"{method} {path}"
    assert "set-cookie" not in refusal.headers
    return refusal


@pytest.fixture
def page(alice: Person) -> dict[str, str]:
    """What a page of alice's sends."""
    return from_page(alice.token)


def test_what_comes_from_our_page_is_done(app: Any, page: dict[str, str]) -> None:
    assert ask_json(app, "PATCH", "/user/alice", CHANGE, headers=page).json["data"] == CHANGE["data"]


@pytest.mark.parametrize("token", TOKENS)
def test_without_the_token_of_its_session_it_is_403(app: Any, alice: Person, root: Person, token: str) -> None:
    given = TOKENS[token](alice, root)
    headers = without(from_page(alice.token), HEADER) | ({} if given is None else {HEADER: given})
    before = kept()
    for method, path in WRITES:
        assert_forged(app, headers, method, path)
    assert kept() == before


@pytest.mark.parametrize("origin", ORIGINS)
def test_from_another_place_it_is_403(app: Any, alice: Person, page: dict[str, str], origin: str) -> None:
    given = ORIGINS[origin]
    headers = without(page, "Origin") | ({} if given is None else {"Origin": given})
    before = kept()
    for method, path in WRITES:
        refusal = assert_forged(app, headers, method, path)
        assert SITE in refusal.json["detail"], "it says where from it may come"
    assert_forged(app, headers | {"Referer": f"{SITE}/admin", "Sec-Fetch-Site": "same-origin"}, *WRITES[0])
    assert kept() == before


@pytest.mark.parametrize(
    "more",
    [
        {"Origin": SITE.upper()},
        {"Origin": "HTTP://Aerie.Example"},
        {"Host": HOST.upper()},
        {"Host": f"{HOST}:80"},
        {"Origin": f"{SITE}:80"},
        {"Host": f"{HOST}:8080", "Origin": f"{SITE}:8080"},
        {"Host": "[::1]:80", "Origin": "http://[::1]"},
    ],
    ids=str,
)
def test_letter_case_and_the_default_port_make_no_difference(
    app: Any, page: dict[str, str], more: dict[str, str]
) -> None:
    assert ask_json(app, "PATCH", "/user/alice", CHANGE, headers=page | more).status == 200


@pytest.mark.parametrize("where", ["query", "body", "cookie", "text", "multipart"])
def test_a_token_anywhere_else_counts_for_nothing(app: Any, alice: Person, page: dict[str, str], where: str) -> None:
    token, headers = csrf_token(alice.token), without(page, HEADER)
    path = f"/user/alice?{FIELD}={token}" if where == "query" else "/user/alice"
    if where == "cookie":
        headers["Cookie"] += f"; {FIELD}={token}; {HEADER}={token}"
    kinds = {"text": "text/plain", "multipart": "multipart/form-data; boundary=x"}
    headers |= {"Content-Type": kinds.get(where, "application/json")}
    multipart = f'--x\r\nContent-Disposition: form-data; name="{FIELD}"\r\n\r\n{token}\r\n--x--'
    bodies = {"body": f'{{"{FIELD}": "{token}"}}', "text": f"{FIELD}={token}", "multipart": multipart}
    assert_forged(app, headers, "PATCH", path, bodies.get(where, "{}").encode())


def test_a_form_may_bring_the_token_in_a_field_and_the_header_is_looked_at_first(app: Any, root: Person) -> None:
    token, page = csrf_token(root.token), from_page(root.token, **FORM)

    def report(headers: dict[str, str], field: str) -> int:
        body = f"comment=The+door+sticks.&{FIELD}={field}".encode()
        return ask(app, "POST", "/admin/defects/new", headers=headers, body=body).status

    assert report(without(page, HEADER), token) == 303
    assert report(page | {HEADER: ""}, token) == 303
    assert report(page, "wrong") == 303
    assert report(page | {HEADER: "wrong"}, token) == 403
    assert report(without(page, HEADER), "wrong") == 403
    assert report(without(page, HEADER), f"wrong&{FIELD}={token}") == 400, "given twice"
    assert len(rows("defect")) == 3


@pytest.mark.parametrize(
    ("kind", "body"),
    [("application/json", b"{"), ("application/json", b'{"nonsense": 1}'), ("text/plain", b"hello"),
     ("application/json", b" " * (1024 * 1024 + 1)), ("", b""), (FORM["Content-Type"], b"%zz=\xff")],
)  # fmt: skip
def test_403_comes_after_401_and_before_what_is_wrong_with_the_rest(
    app: Any, alice: Person, root: Person, kind: str, body: bytes
) -> None:
    forged = cookie(alice.token) | {"Content-Type": kind}
    for method, path in [*WRITES, ("DELETE", "/users/4711"), ("PUT", "/api/defects/4711")]:
        assert_forged(app, forged, method, path, body)
        assert ask(app, method, path, headers=forged | {"Cookie": "session=nonsense"}, body=body).status == 401
    assert ask(app, "POST", "/nowhere", headers=forged, body=body).status == 404
    assert ask(app, "BREW", "/users", headers=forged, body=body).status == 405


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_needs_no_token_wherever_it_comes_from(app: Any, alice: Person, method: str) -> None:
    headers = cookie(alice.token) | {"Origin": "http://evil.example"}
    for path in ("/", "/user/alice", "/users", "/auth/sessions"):
        assert ask(app, method, path, headers=headers).status == 200


def test_a_bearer_token_needs_neither_from_anywhere(app: Any, alice: Person) -> None:
    headers = bearer(alice.token) | {"Host": HOST, "Origin": "http://evil.example", HEADER: "wrong"}
    assert ask_json(app, "PATCH", "/user/alice", CHANGE, headers=headers).status == 200


def test_a_token_under_the_previous_secret_counts_until_that_is_taken_away(
    app: Any, alice: Person, page: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rotated = replace(opened.settings, secret_key="n" * 32, secret_key_previous=opened.settings.secret_key)
    monkeypatch.setattr(opened, "settings", rotated)
    assert csrf_token(alice.token) != page[HEADER]
    for token in (page[HEADER], csrf_token(alice.token)):
        assert ask_json(app, "PATCH", "/user/alice", CHANGE, headers=page | {HEADER: token}).status == 200
    monkeypatch.setattr(opened, "settings", replace(rotated, secret_key_previous=None))
    fresh = from_page(alice.log_in())
    assert ask_json(app, "PATCH", "/user/alice", CHANGE, headers=fresh).status == 200
    old = _signed(alice, rotated.secret_key_previous or "")
    assert_forged(app, fresh | {HEADER: old}, "PATCH", "/user/alice")
