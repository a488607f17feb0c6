"""Failed log-ins are counted by account and address; over the limit nothing is hashed."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from limits.storage import RedisStorage

from models.redis_link import NO_WAITING, TIMEOUT, RedisLink
from models.stores import opened
from tests.people import Person
from tests.security.asking import Answer, ask, ask_json
from tests.security.conftest import CheckedPasswords
from tests.security.together import together
from tests.services.processes import wait_until
from tests.services.valkey import client

HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"
NOWHERE = "unix:///nowhere/redis.sock"
WRONG = "not the right password"


def log_in(app: object, name: str, password: str = WRONG, *, at: str = HOME, forwarded: str | None = None) -> Answer:
    headers = {"X-Forwarded-For": forwarded, "Forwarded": f"for={forwarded}"} if forwarded else {}
    document = {"username": name, "password": password}
    return ask_json(app, "POST", "/auth", document, headers=headers, environ={"REMOTE_ADDR": at})


def fail(app: object, name: str, times: int = 10, *, at: str = HOME) -> None:
    for _ in range(times):
        assert log_in(app, name, at=at).status == 401


@pytest.mark.parametrize("name", ["alice", "nobody", "../impossible"])
def test_the_eleventh_attempt_is_429_without_hashing(
    app: object, alice: Person, checks: CheckedPasswords, name: str
) -> None:
    fail(app, name)
    assert checks.count == 10
    refusal = log_in(app, name)
    assert refusal.status == 429
    assert 0 < int(refusal.headers["retry-after"]) <= 301
    assert checks.count == 10


def test_the_right_password_is_refused_too_once_the_limit_is_reached(
    app: object, alice: Person, checks: CheckedPasswords
) -> None:
    fail(app, "alice")
    assert log_in(app, "alice", alice.password).status == 429
    assert checks.count == 10


def test_what_succeeds_is_not_counted(app: object, alice: Person) -> None:
    assert {log_in(app, "alice", alice.password).status for _ in range(15)} == {201}
    fail(app, "alice", 9)
    assert log_in(app, "alice", alice.password).status == 201
    fail(app, "alice", 1)
    assert log_in(app, "alice").status == 429


def test_what_is_refused_is_not_counted_again(app: object, alice: Person) -> None:
    fail(app, "alice")
    kept = opened.redis.run("KEYS", "limits*")
    before = {key: opened.redis.run("LLEN", key) for key in kept}
    assert {log_in(app, "alice").status for _ in range(5)} == {429}
    assert {key: opened.redis.run("LLEN", key) for key in kept} == before != {}


def test_requests_that_are_no_attempt_are_not_counted(app: object, alice: Person) -> None:
    for _ in range(12):
        assert ask_json(app, "POST", "/auth", {"username": "alice"}, environ={"REMOTE_ADDR": HOME}).status == 400
    assert log_in(app, "alice", alice.password).status == 201


def test_other_accounts_may_be_tried_from_an_address_until_100_have_failed(
    app: object, alice: Person, checks: CheckedPasswords
) -> None:
    for number in range(9):
        fail(app, f"name{number}")
    assert log_in(app, "alice", alice.password).status == 201
    fail(app, "name9")
    assert log_in(app, "alice", alice.password).status == 429
    assert checks.count == 101
    assert log_in(app, "alice", alice.password, at=ELSEWHERE).status == 201


def test_the_owner_is_not_locked_out_from_elsewhere(app: object, alice: Person) -> None:
    fail(app, "alice", at=ELSEWHERE)
    assert log_in(app, "alice", alice.password, at=ELSEWHERE).status == 429
    assert log_in(app, "alice", alice.password, at=HOME).status == 201


def test_a_forged_forwarding_header_neither_hides_nor_accuses(app: object, alice: Person) -> None:
    for number in range(10):
        assert log_in(app, "alice", forwarded=f"203.0.113.{number}").status == 401
    assert log_in(app, "alice", alice.password, forwarded="203.0.113.99").status == 429
    fail(app, "alice", at=ELSEWHERE)
    assert log_in(app, "alice", at=ELSEWHERE, forwarded="192.0.2.50").status == 429
    assert log_in(app, "alice", alice.password, at="192.0.2.50").status == 201


def test_addresses_of_one_ipv6_network_count_as_one(app: object, alice: Person) -> None:
    for number in range(10):
        assert log_in(app, "alice", at=f"2001:db8:1:2:{number}::{number}").status == 401
    assert log_in(app, "alice", alice.password, at="2001:db8:1:2:ffff::1").status == 429
    assert log_in(app, "alice", alice.password, at="2001:db8:1:3::1").status == 201


def test_ipv4_addresses_that_a_dual_stack_socket_names_in_ipv6_stay_apart(app: object, alice: Person) -> None:
    fail(app, "alice", at=f"::ffff:{ELSEWHERE}")
    assert log_in(app, "alice", alice.password, at=f"::ffff:{HOME}").status == 201
    assert log_in(app, "alice", alice.password, at=ELSEWHERE).status == 429


@pytest.mark.parametrize("spelling", ["ALICE", "aLiCe", "ａｌｉｃｅ", "𝐀𝐋𝐈𝐂𝐄", "ⓐⓛⓘⓒⓔ"])
def test_every_spelling_of_a_name_counts_as_one_account(app: object, alice: Person, spelling: str) -> None:
    assert log_in(app, spelling, alice.password).status == 201, "it is the same account"
    fail(app, spelling)
    assert log_in(app, "alice", alice.password).status == 429


def test_without_redis_nobody_logs_in_and_nothing_is_hashed(
    app: object, alice: Person, checks: CheckedPasswords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "redis", RedisLink(NOWHERE))
    monkeypatch.setattr(opened, "rate_limits", RedisStorage(NOWHERE, **NO_WAITING))
    for password in (alice.password, WRONG):
        refusal = log_in(app, "alice", password)
        assert refusal.status == 503
        assert "retry-after" in refusal.headers
    assert checks.count == 0


def test_thirty_attempts_at_once_get_no_more_comparisons_than_ten_in_turn(
    app: object, alice: Person, checks: CheckedPasswords
) -> None:
    statuses = Counter(together(30, lambda _: log_in(app, "alice").status))
    assert statuses.keys() == {401, 429}
    assert checks.count == statuses[401]
    # In one process they take turns; the two are for a turn that is given between check and count.
    assert 10 <= checks.count <= 12
    assert log_in(app, "alice", alice.password).status == 429


def test_an_account_s_failures_leave_other_accounts_alone(
    app: object, alice: Person, person: Callable[..., Person]
) -> None:
    bob = person("bob")
    fail(app, "alice")
    assert log_in(app, "bob", bob.password).status == 201


def test_a_throttled_attempt_that_finds_redis_back_lets_everybody_in(
    app: object, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise 7: else whoever floods the log-in could keep the service away after a hiccup of Redis."""
    url = opened.settings.redis_url
    monkeypatch.setattr(opened, "redis", RedisLink(url))
    monkeypatch.setattr(opened, "rate_limits", RedisStorage(url, key_prefix="limits", **NO_WAITING))
    fail(app, "alice")
    with client(Path(opened.settings.redis_url.removeprefix("unix://")).parent) as other:
        other.execute_command("CLIENT", "PAUSE", round((TIMEOUT + 0.5) * 1000), "ALL")
    assert log_in(app, "alice").status == 503
    wait_until(lambda: log_in(app, "alice").status == 429, seconds=3, what="Redis back")
    assert ask(app, "GET", "/user/alice", headers=alice.headers).status == 200
