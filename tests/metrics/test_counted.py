"""What a process counts of requests, and of log-ins that were refused."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from metrics import counted
from models import throttle
from models.errors import TooManyAttempts, WrongCredentials
from tests.client import Client
from tests.metrics.scraped import Scrape, scrape
from tests.people import Person
from tests.security.asking import ask, ask_json
from tests.security.hostile import HEADERS, METHODS, PATHS

WRONG = "not the right password"
Increase = Callable[..., float]


@pytest.fixture
def increase(api: Client) -> Increase:
    """By how much a sum has grown since the test began."""
    before = scrape(api)

    def since(name: str, **labels: str) -> float:
        return scrape(api).sum(name, **labels) - before.sum(name, **labels)

    return since


def test_requests_are_counted_by_method_route_and_status(api: Client, alice: Person, increase: Increase) -> None:
    for _ in range(3):
        api.get("/user/alice", headers=alice.headers, status=200)
    api.get("/user/alice", status=401)
    api.get("/user/bob", headers=alice.headers, status=403)
    api.head("/user/alice/", headers=alice.headers, status=200)
    api.delete("/user/alice", headers=alice.headers, status=204)
    name, route = "aerie_requests_total", {"route": "/user/{username}"}
    assert increase(name, method="GET", status="200", **route) == 3
    assert increase(name, method="GET", status="401", **route) == 1
    assert increase(name, method="GET", status="403", **route) == 1
    assert increase(name, method="HEAD", status="200", **route) == 1
    assert increase(name, method="DELETE", status="204", **route) == 1
    assert increase(name, **route) == increase("aerie_request_seconds_count", **route) == 7


def test_how_long_they_take_is_counted_by_route(monkeypatch: pytest.MonkeyPatch, api: Client) -> None:
    before = scrape(api)
    for seconds in (0.0005, 0.03, 0.03, 7.0, 3600.0):
        counted.count_request("GET", "/", 200, seconds)
    after = scrape(api)

    def grown(name: str, **labels: str) -> float:
        return after.value(name, route="/", **labels) - before.value(name, route="/", **labels)

    assert [grown("aerie_request_seconds_bucket", le=le) for le in ("0.001", "0.05", "5.0", "10.0", "+Inf")] == [
        1, 3, 3, 4, 5,
    ]  # fmt: skip
    assert grown("aerie_request_seconds_count") == 5
    assert grown("aerie_request_seconds_sum") == pytest.approx(3607.0605)


def test_reading_the_metrics_counts_as_any_request_does(increase: Increase) -> None:
    assert [increase("aerie_requests_total", route="/metrics", status="200") for _ in range(3)] == [1, 2, 3]


def test_log_ins_that_are_refused_are_counted_by_reason_at_both_doors(
    app: Any, alice: Person, increase: Increase
) -> None:
    for _ in range(12):
        ask_json(app, "POST", "/auth", {"username": "alice", "password": WRONG})
    ask_json(app, "POST", "/auth", {"username": "alice"})
    form = {"username": "alice", "password": WRONG}
    browser = {"Origin": "http://localhost"}
    TestApp(app).post("/admin/login", form, headers=browser, extra_environ={"REMOTE_ADDR": "192.0.2.1"}, status=401)
    assert increase("aerie_logins_refused_total", reason="wrong_credentials") == 11
    assert increase("aerie_logins_refused_total", reason="throttled") == 2


def test_one_who_fails_as_others_use_up_what_was_left_is_counted_once(
    alice: Person, increase: Increase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def used_up(attempt: throttle.Attempt) -> None:
        raise TooManyAttempts(retry_after=1)

    monkeypatch.setattr(throttle.Attempt, "failed", used_up)
    alice.password = WRONG
    with pytest.raises(TooManyAttempts):
        alice.log_in()
    assert increase("aerie_logins_refused_total") == 1
    assert increase("aerie_logins_refused_total", reason="throttled") == 1


def test_who_logs_in_is_counted_nowhere_among_the_refused(alice: Person, increase: Increase) -> None:
    alice.log_in()
    assert increase("aerie_logins_refused_total") == 0
    alice.password = WRONG
    with pytest.raises(WrongCredentials):
        alice.log_in()
    assert increase("aerie_logins_refused_total") == 1


def test_whatever_clients_send_labels_have_the_values_that_are_known(app: Any, api: Client, alice: Person) -> None:
    def ask_all(round_: int) -> None:
        for number in range(30):
            ask(app, f"BREW{round_}{number}", "/")
            ask(app, "GET", f"/nowhere/{round_}/{number}")
            ask(app, "GET", f"/user/name{round_}{number}", headers=alice.headers)
            ask(app, "GET", f"/problems/{round_}{number}")
            ask(app, "GET", "/", headers={"X-Request-ID": f"{round_}-{number}", "User-Agent": f"{round_}{number}"})
        for method in METHODS:
            ask(app, method, "/")
            ask(app, method, "/user/alice")
        for path in PATHS:
            ask(app, "GET", path)
        for headers in HEADERS:
            ask(app, "GET", "/", headers=headers)

    ask_all(0)
    first, kept = scrape(api), len(counted._by_labels)
    ask_all(1)
    second = scrape(api)
    assert first.strangers() == second.strangers() == set()
    assert len(second.samples) == len(first.samples)
    assert len(counted._by_labels) == kept
    assert second.sum("aerie_requests_total", method="other") >= 60
    assert second.sum("aerie_requests_total", route="other", status="404") >= 60


def test_nothing_about_anybody_is_in_a_metric(api: Client, alice: Person, root: Person) -> None:
    canary = "canary-7f3a"
    api.patch_json("/user/alice", {"data": {canary: canary}, "email": f"{canary}@example.com"}, headers=alice.headers)
    api.post_json("/api/defects", {"comment": canary}, headers=alice.headers, status=201)
    api.post_json("/tasks", {"type": "javascript", "code": f"'{canary}'"}, headers=root.headers, status=202)
    api.post_json("/auth", {"username": canary, "password": canary * 2}, status=401)
    text = api.get(f"/metrics?{canary}", headers={"X-Request-ID": canary}, status=200).text
    for secret in (canary, "alice", "root", alice.token, alice.password, root.token):
        assert secret not in text
    assert Scrape(text).strangers() == set()


def test_each_series_is_there_once_and_every_metric_is_described(api: Client) -> None:
    text = api.get("/metrics", status=200).text
    described = Counter(line.split()[2] for line in text.splitlines() if line.startswith("# HELP"))
    assert set(described.values()) == {1}
    assert {name for name in described if not name.startswith("aerie_")} == set()
    assert Scrape(text).samples
