"""Logging in at a page: from our page alone, always into a new session, and kept where no other site can plant it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from models.stores import opened
from tests.people import Person, bearer, claims, is_valid
from tests.security.asking import Answer, ask, ask_json
from tests.security.cookies import FORM, HOST, SITE, cookie, from_page, without
from tests.security.rows import redis_contents, rows
from tests.security.test_forged_requests import ORIGINS

TLS = {"wsgi.url_scheme": "https"}
OVER_TLS = f"https://{HOST}"
PROXY, SOMEBODY = "10.0.0.1", "203.0.113.9"
SAID = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "public.example"}


def log_in(app: Any, person: Person, password: str = "", environ: Any = None, **more: str) -> Answer:
    """Send the form as the page would; *more* as in `from_page`."""
    named = {name.replace("_", "-"): value for name, value in more.items()}
    body = f"username={person.name}&password={password or person.password}".replace(" ", "+").encode()
    headers = {"Host": HOST, "Origin": SITE, **FORM, **named}
    return ask(app, "POST", "/admin/login", headers=headers, body=body, environ=environ)


def given(answer: Answer, name: str = "session") -> str:
    """The token in the cookie that an answer sets."""
    found, _, rest = answer.headers["set-cookie"].partition("=")
    assert found == name
    return rest.partition(";")[0]


def sessions() -> set[str]:
    return {key for key in redis_contents() if key.startswith("session:")}


def change(app: Any, headers: dict[str, str], **options: Any) -> int:
    return ask_json(app, "PATCH", "/user/alice", {"data": {}}, headers=headers, **options).status


@pytest.fixture
def behind_a_proxy(stores: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """PROXY is trusted."""
    trusting = replace(opened.settings, trusted_proxies=(ip_network("10.0.0.0/8"),))
    monkeypatch.setattr(opened, "settings", trusting)
    yield


def test_whoever_logs_in_gets_a_cookie_with_these_attributes_exactly(app: Any, alice: Person) -> None:
    answer = log_in(app, alice)
    token = given(answer)
    assert answer.headers["set-cookie"] == f"session={token}; HttpOnly; Max-Age=86400; Path=/; SameSite=Lax"
    assert claims(token)["sub"] == str(alice.id)
    assert change(app, from_page(token)) == 200
    assert token not in repr(answer.body)


def test_logging_out_takes_the_cookie_away_with_the_same_attributes(app: Any, alice: Person) -> None:
    answer = ask(app, "POST", "/admin/logout", headers=from_page(alice.token, **FORM), body=b"")
    assert re.fullmatch(
        'session=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Path=/; SameSite=Lax',
        answer.headers["set-cookie"],
    )
    assert not is_valid(alice.token)


def test_no_answer_but_those_two_sets_a_cookie(app: Any, alice: Person) -> None:
    credentials = {"username": "alice", "password": alice.password}
    answers = [
        ask_json(app, "POST", "/auth", credentials, headers=cookie(alice.token) | {"Origin": SITE}),
        ask(app, "GET", "/admin/login", headers=cookie("nonsense")),
        ask(app, "GET", "/user/alice", headers=cookie(alice.token)),
        ask(app, "GET", "/admin", headers=cookie("nonsense")),
        log_in(app, alice, password="a wrong password"),
        log_in(app, alice, Origin="http://evil.example"),
    ]
    assert [each.status for each in answers] == [201, 200, 200, 303, 401, 403]
    assert not any("set-cookie" in each.headers for each in answers)


@pytest.mark.parametrize("origin", ORIGINS)
def test_another_site_can_t_log_anybody_in(app: Any, alice: Person, origin: str) -> None:
    before, entries, where = sessions(), rows("audit_entry"), ORIGINS[origin]
    headers = without({"Host": HOST, "Origin": where or "", **FORM}, "Origin" if where is None else "")
    body = f"username=alice&password={alice.password}".replace(" ", "+").encode()
    answer = ask(app, "POST", "/admin/login", headers=headers | cookie(alice.token), body=body)
    assert answer.status == 403
    assert "set-cookie" not in answer.headers
    assert (sessions(), rows("audit_entry")) == (before, entries)


def test_a_refusal_of_another_site_s_log_in_counts_as_no_wrong_password(app: Any, alice: Person) -> None:
    for _ in range(12):
        assert log_in(app, alice, password="a wrong password", Origin="http://evil.example").status == 403
    assert log_in(app, alice).status == 303


@pytest.mark.parametrize("planted", ["alice's own", "an attacker's", "one that has ended", "nonsense", "an id"])
def test_a_session_that_was_planted_is_never_the_one_after_log_in(
    app: Any, alice: Person, bob: Person, planted: str
) -> None:
    tokens = {"alice's own": alice.token, "an attacker's": bob.token, "nonsense": "nonsense", "one that has ended": ""}
    if planted == "one that has ended":
        tokens[planted] = bob.log_in()
        ask(app, "DELETE", "/auth", headers=bearer(tokens[planted]))
    old = tokens.get(planted, claims(bob.token)["jti"])
    token = given(log_in(app, alice, Cookie=f"session={old}"))
    assert token != old and claims(token)["sub"] == str(alice.id)
    assert old == claims(bob.token)["jti"] or claims(token)["jti"] not in old
    assert not is_valid(old), "what the browser came with has ended"
    assert is_valid(token)
    assert is_valid(bob.token) == (planted != "an attacker's")


def test_a_log_in_that_fails_leaves_the_session_as_it_was(app: Any, alice: Person) -> None:
    assert log_in(app, alice, password="a wrong password", Cookie=f"session={alice.token}").status == 401
    assert is_valid(alice.token)


def test_each_log_in_has_a_session_and_a_csrf_token_of_its_own(app: Any, alice: Person) -> None:
    tokens = [given(log_in(app, alice)) for _ in range(2)]
    assert len({claims(each)["jti"] for each in tokens}) == 2
    assert from_page(tokens[0])["X-CSRF-Token"] != from_page(tokens[1])["X-CSRF-Token"]


def test_over_tls_the_cookie_is_bound_to_this_host(app: Any, alice: Person) -> None:
    answer = log_in(app, alice, Origin=OVER_TLS, environ=TLS)
    token = given(answer, "__Host-session")
    wanted = f"__Host-session={token}; HttpOnly; Max-Age=86400; Path=/; SameSite=Lax; Secure"
    assert answer.headers["set-cookie"] == wanted
    page = from_page(token, Origin=OVER_TLS, Cookie=f"__Host-session={token}")
    assert change(app, page, environ=TLS) == 200
    assert change(app, page | {"Origin": SITE}, environ=TLS) == 403
    assert change(app, page | {"Host": f"{HOST}:443"}, environ=TLS) == 200
    assert change(app, page | {"Origin": f"{OVER_TLS}:8443", "Host": f"{HOST}:8443"}, environ=TLS) == 200
    left = ask(app, "POST", "/admin/logout", headers=page | FORM, body=b"", environ=TLS)
    taken_away = '__Host-session=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Path=/; SameSite=Lax; Secure'
    assert re.fullmatch(taken_away, left.headers["set-cookie"])


def test_each_of_the_two_names_counts_where_it_is_given_and_nowhere_else(app: Any, alice: Person, bob: Person) -> None:
    plain, bound = cookie(alice.token), cookie(alice.token, name="__Host-session")
    assert [ask(app, "GET", "/user/alice", headers=each).status for each in (plain, bound)] == [200, 401]
    assert [ask(app, "GET", "/user/alice", headers=each, environ=TLS).status for each in (plain, bound)] == [401, 200]
    both = {"Host": HOST, "Cookie": f"session={bob.token}; __Host-session={alice.token}"}
    assert ask(app, "GET", "/", headers=both, environ=TLS).json["username"] == "alice", "a neighbour planted the other"


def test_a_trusted_proxy_says_where_the_browser_is(app: Any, alice: Person, behind_a_proxy: None) -> None:
    environ, public = {"REMOTE_ADDR": PROXY}, "https://public.example"
    answer = log_in(app, alice, environ=environ, Origin=public, **{k.replace("-", "_"): v for k, v in SAID.items()})
    token = given(answer, "__Host-session")
    assert answer.headers["set-cookie"].endswith("; Secure")
    page = from_page(token, Origin=public, Cookie=f"__Host-session={token}") | SAID
    assert change(app, page, environ=environ) == 200
    for more in ({"Origin": SITE}, {"Origin": OVER_TLS}, {"Origin": "http://public.example"}):
        assert change(app, page | more, environ=environ) == 403
    assert change(app, without(page, "X-Forwarded-Host") | {"Origin": OVER_TLS}, environ=environ) == 200
    assert change(app, page | {"X-Forwarded-Host": "PUBLIC.example:443"}, environ=environ) == 200
    assert change(app, page | {"X-Forwarded-Proto": "http"}, environ=environ) == 401, "that has a cookie of its own"
    plain = from_page(token, Origin="http://public.example") | SAID | {"X-Forwarded-Proto": "http"}
    assert change(app, plain, environ=environ) == 200


@pytest.mark.parametrize("peer", [SOMEBODY, "10.0.0.1.evil", ""])
def test_what_anybody_else_says_of_it_is_ignored(app: Any, alice: Person, behind_a_proxy: None, peer: str) -> None:
    environ = {"REMOTE_ADDR": peer}
    answer = log_in(app, alice, environ=environ, **{k.replace("-", "_"): v for k, v in SAID.items()})
    assert "Secure" not in answer.headers["set-cookie"]
    page = from_page(given(answer)) | SAID
    assert change(app, page, environ=environ) == 200
    assert change(app, page | {"Origin": "https://public.example"}, environ=environ) == 403
    assert (
        change(app, page | {"X-Forwarded-Host": "evil.example", "Origin": "http://evil.example"}, environ=environ)
        == 403
    )


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-Scheme", "X-Forwarded-Port", "X-Original-Host", "X-Host"])
def test_no_other_header_moves_us_not_even_from_a_proxy(
    app: Any, alice: Person, behind_a_proxy: None, header: str
) -> None:
    said = {"Forwarded": "proto=https;host=evil.example", "X-Forwarded-Scheme": "https", "X-Forwarded-Port": "443"}
    page = from_page(alice.token) | {header: said.get(header, "evil.example")}
    for peer in (PROXY, SOMEBODY):
        assert change(app, page, environ={"REMOTE_ADDR": peer}) == 200
        assert change(app, page | {"Origin": "http://evil.example"}, environ={"REMOTE_ADDR": peer}) == 403
        assert change(app, page | {"Origin": OVER_TLS}, environ={"REMOTE_ADDR": peer}) == 403
