"""`/metrics` is for who knows METRICS_TOKEN; without one, for who asks on this machine and came through no proxy."""

from ipaddress import ip_network
from typing import Any

import pytest

from models import policy
from models.errors import WrongMetricsToken
from models.stores import opened
from tests.changed_settings import changed_settings
from tests.people import Person, bearer
from tests.security.asking import Answer, ask
from tests.security.cookies import from_page

TOKEN = "a token for Prometheus"
ELSEWHERE = ["192.0.2.1", "10.0.0.1", "::ffff:192.0.2.1", "2001:db8::1", "0.0.0.0", "", "localhost", "unix:"]
HERE = ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]
LOOPBACK_HOSTS = [
    "localhost", "LOCALHOST", "localhost:8000", "127.0.0.1", "127.0.0.1:8000", "127.8.8.8:1", "[::1]", "[::1]:8000",
    "[0:0:0:0:0:0:0:1]:80",
]  # fmt: skip
# What a browser on this machine sends for a page of a site with a name that resolves to it (DNS rebinding).
REBOUND_HOSTS = [
    "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example.localhost",
    "127.0.0.1.nip.io:8000", "192.0.2.1", "0.0.0.0", "128.0.0.1", "[::2]", "[2001:db8::1]:8000", "2130706433", "127.1",
]  # fmt: skip
MARKS = [
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Forwarded-For", "192.0.2.1"),
    ("X-Forwarded-For", ""),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "localhost"),
    ("X-Forwarded-Port", "8000"),
    ("X-Forwarded-Server", "proxy"),
    ("Forwarded", "for=127.0.0.1"),
    ("Forwarded", ""),
    ("Via", "1.1 proxy"),
    ("X-Real-IP", "127.0.0.1"),
]

pytestmark = pytest.mark.usefixtures("stores")


def asked(app: Any, *, at: str = "127.0.0.1", method: str = "GET", host: str = "localhost", **headers: str) -> Answer:
    named = {"Host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(app, method, "/metrics", headers=named, environ={"REMOTE_ADDR": at})


def assert_refused(answer: Answer, status: int, slug: str) -> None:
    assert (answer.status, answer.json["type"]) == (status, f"/problems/{slug}")
    assert b"aerie_" not in answer.body
    assert answer.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)


@pytest.mark.parametrize("at", HERE)
def test_without_a_token_it_is_for_this_machine(app: Any, at: str) -> None:
    answer = asked(app, at=at)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert b"aerie_requests_total" in answer.body
    assert asked(app, at=at, method="HEAD").body == b""


@pytest.mark.parametrize("at", ELSEWHERE)
def test_without_a_token_it_is_for_nobody_else(app: Any, root: Person, at: str) -> None:
    assert_refused(asked(app, at=at), 403, "forbidden")
    assert_refused(asked(app, at=at, Authorization=f"Bearer {root.token}"), 403, "forbidden")
    assert_refused(asked(app, at=at, X_Forwarded_For="127.0.0.1"), 403, "forbidden")
    assert asked(app, at=at, method="HEAD").status == 403


def test_without_a_token_it_is_for_no_page_whose_name_was_rebound_to_this_machine(app: Any) -> None:
    for host in LOOPBACK_HOSTS:
        assert asked(app, host=host).status == 200, host
    for host in REBOUND_HOSTS:
        assert_refused(asked(app, host=host), 403, "forbidden")
        assert_refused(asked(app, host=host, Origin=f"http://{host}"), 403, "forbidden")
    unnamed = {"REMOTE_ADDR": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.0", "HTTP_HOST": None}
    assert_refused(ask(app, "GET", "/metrics", environ=unnamed), 403, "forbidden")


def test_with_a_token_it_is_at_any_name(app: Any) -> None:
    with changed_settings(metrics_token=TOKEN):
        assert asked(app, host="aerie.example", Authorization=f"Bearer {TOKEN}").status == 200


@pytest.mark.parametrize(("name", "value"), MARKS)
@pytest.mark.parametrize("trusted", [(), (ip_network("127.0.0.0/8"), ip_network("::1"))], ids=["nobody", "loopback"])
def test_who_comes_through_a_proxy_on_this_machine_is_not_on_it(app: Any, name: str, value: str, trusted: Any) -> None:
    with changed_settings(trusted_proxies=trusted):
        for at in HERE:
            headers = {"Host": "localhost", name: value}
            assert_refused(ask(app, "GET", "/metrics", headers=headers, environ={"REMOTE_ADDR": at}), 403, "forbidden")


@pytest.mark.parametrize("at", ["127.0.0.1", "192.0.2.1"])
def test_with_a_token_it_is_for_whoever_sends_it(app: Any, at: str) -> None:
    with changed_settings(metrics_token=TOKEN):
        for scheme in ("Bearer", "bearer", "BEARER"):
            assert asked(app, at=at, Authorization=f"{scheme} {TOKEN}").status == 200
        assert asked(app, at=at, Authorization=f"Bearer {TOKEN}", X_Forwarded_For="203.0.113.9").status == 200


@pytest.mark.parametrize("at", ["127.0.0.1", "192.0.2.1"])
@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN.upper()}",
     "Bearer None", "Bearer \xff", TOKEN, f"Bearer {'x' * 5000}", "Bearer \u2603"],
)  # fmt: skip
def test_with_a_token_nothing_else_opens_it(app: Any, at: str, given: str) -> None:
    with changed_settings(metrics_token=TOKEN):
        assert_refused(asked(app, at=at, Authorization=given), 401, "wrong-metrics-token")
        assert_refused(asked(app, at=at), 401, "wrong-metrics-token")


def test_a_session_is_no_metrics_token_and_that_no_session(app: Any, root: Person) -> None:
    with changed_settings(metrics_token=TOKEN):
        assert_refused(asked(app, Authorization=f"Bearer {root.token}"), 401, "wrong-metrics-token")
        by_cookie = ask(app, "GET", "/metrics", headers=from_page(root.token))
        assert_refused(by_cookie, 401, "wrong-metrics-token")
        assert_refused(ask(app, "GET", "/users", headers=bearer(TOKEN)), 401, "not-signed-in")
        assert ask(app, "GET", f"/metrics?token={TOKEN}").status == 401


def test_a_token_in_any_script_is_compared_as_it_is_sent(app: Any) -> None:
    with changed_settings(metrics_token="ключ ☃"):
        sent = "ключ ☃".encode().decode("latin-1")  # as WSGI hands on the bytes of a header
        assert asked(app, Authorization=f"Bearer {sent}").status == 200
        assert asked(app, Authorization="Bearer ????").status == 401


def test_tokens_are_compared_in_constant_time(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return False

    monkeypatch.setattr("models.policy.secrets.compare_digest", compare)
    with changed_settings(metrics_token=TOKEN), pytest.raises(WrongMetricsToken):
        policy.read_metrics(opened.settings, token=TOKEN.encode(), is_local=True)
    assert compared == [(TOKEN.encode(), TOKEN.encode())]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_written_there_by_anybody(app: Any, method: str) -> None:
    assert ask(app, method, "/metrics").status == 405
    with changed_settings(metrics_token=TOKEN):
        assert ask(app, method, "/metrics", headers=bearer(TOKEN)).status == 405
