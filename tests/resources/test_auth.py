"""`/auth`: in and out, and what stands in the way of guessing."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from models import password, throttle
from models.stores import opened
from models.user import User
from tests.client import Client
from tests.faults import database_away, redis_away
from tests.people import Person, bearer

WRONG = "a wrong password"


def log_in(api: Client, name: str = "alice", password: str = WRONG, address: str = "192.0.2.1") -> Any:
    given = {"username": name, "password": password}
    return api.post_json("/auth", given, extra_environ={"REMOTE_ADDR": address})


def test_a_log_in_is_a_token_for_24_hours(api: Client, alice: Person) -> None:
    answer = log_in(api, password=alice.password)
    assert answer.status_int == 201
    grant = answer.json
    claims = jwt.decode(grant["token"], options={"verify_signature": False})
    assert answer.headers["Location"] == f"/auth/sessions/{claims['jti']}"
    assert (grant["token_type"], grant["expires_in"]) == ("Bearer", 86400)
    assert datetime.fromisoformat(grant["expires_at"]).timestamp() == claims["exp"]
    assert opened.redis.run("EXPIRETIME", f"session:{claims['jti']}") == claims["exp"]
    api.get(answer.headers["Location"], headers=bearer(grant["token"]), status=200)


def test_names_are_looked_up_ignoring_case(api: Client, alice: Person) -> None:
    assert log_in(api, "ALICE", alice.password).status_int == 201


def test_a_logout_kills_that_token_at_once_and_no_other(api: Client, alice: Person) -> None:
    other = alice.log_in()
    assert api.delete("/auth", headers=alice.headers, status=204).body == b""
    api.get("/user/alice", headers=alice.headers, status=401)
    api.delete("/auth", headers=alice.headers, status=401)
    api.get("/user/alice", headers=bearer(other), status=200)


def test_unknown_deleted_wrong_and_over_long_are_the_same_401(api: Client, alice: Person, bob: Person) -> None:
    User.update(deleted_at=datetime.now(UTC)).where(User.id == bob.id).execute()
    attempts = [("alice", WRONG), ("nobody", WRONG), ("bob", bob.password), ("alice", "x" * 5000), ("x" * 500, WRONG)]
    answers = [
        api.post_json("/auth", {"username": name, "password": word}, headers={"X-Request-ID": "same"}, status=401)
        for name, word in [*attempts, ("a/b", WRONG), ("", "")]
    ]
    assert len({answer.body for answer in answers}) == 1
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}
    assert answers[0].json["type"] == "/problems/wrong-credentials"


@pytest.mark.parametrize(("method", "path"), [("GET", "/user/alice"), ("DELETE", "/auth"), ("GET", "/auth/sessions")])
def test_http_basic_is_accepted_on_post_auth_alone(api: Client, alice: Person, method: str, path: str) -> None:
    word = b64encode(f"alice:{alice.password}".encode()).decode()
    headers = {"Authorization": f"Basic {word}"}
    api.request(path, method=method, headers=headers, status=401)
    api.post("/auth", headers=headers, status=201)


def test_a_token_in_the_address_or_a_cookie_of_another_name_is_ignored(api: Client, alice: Person) -> None:
    api.get(f"/user/alice?token={alice.token}&access_token={alice.token}", status=401)
    api.get("/user/alice", headers={"Cookie": f"token={alice.token}"}, status=401)


def test_the_eleventh_failure_is_429_without_hashing(
    api: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [log_in(api).status_int for _ in range(10)] == [401] * 10
    monkeypatch.setattr(password, "matching_form", lambda *_: pytest.fail("hashed"))
    for word in (WRONG, alice.password):
        refused = log_in(api, password=word)
        assert (refused.status_int, refused.json["type"]) == (429, "/problems/too-many-attempts")
        assert 1 <= int(refused.headers["Retry-After"]) <= 301


def test_the_owner_is_not_locked_out_from_elsewhere(api: Client, alice: Person, bob: Person) -> None:
    for _ in range(11):
        log_in(api)
    assert log_in(api, password=alice.password, address="192.0.2.2").status_int == 201
    assert log_in(api, "bob", bob.password).status_int == 201


def test_a_name_counts_as_one_in_every_spelling(api: Client, alice: Person) -> None:
    for name in ["alice", "ALICE", "ａｌｉｃｅ", "Alice", "aLICE"] * 2:
        assert log_in(api, name).status_int == 401
    assert log_in(api, "alicE").status_int == 429


def test_only_failed_credentials_count(api: Client, alice: Person) -> None:
    for _ in range(12):
        assert log_in(api, password=alice.password).status_int == 201
    for _ in range(10):
        api.post_json("/auth", {"username": "alice"}, extra_environ={"REMOTE_ADDR": "192.0.2.1"}, status=400)
    assert log_in(api).status_int == 401


def fail(times: int, address: str) -> None:
    for number in range(times):
        throttle.Attempt(account=f"somebody {number}", address=address).failed()


def test_an_address_may_fail_100_times_over_all_accounts(api: Client, alice: Person) -> None:
    fail(99, "192.0.2.1")
    assert log_in(api, password=alice.password).status_int == 201
    fail(1, "192.0.2.1")
    assert log_in(api, password=alice.password).status_int == 429
    assert log_in(api, password=alice.password, address="192.0.2.2").status_int == 201


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_an_ipv6_network_of_64_bits_counts_as_one_address(
    api: Client, alice: Person, one: str, other: str, together: bool
) -> None:
    fail(100, one)
    assert log_in(api, password=alice.password, address=other).status_int == (429 if together else 201)


def test_a_forged_forwarded_address_is_no_way_round(api: Client, alice: Person) -> None:
    for number in range(10):
        api.post_json(
            "/auth",
            {"username": "alice", "password": WRONG},
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
            extra_environ={"REMOTE_ADDR": "192.0.2.1"},
            status=401,
        )
    assert log_in(api).status_int == 429


@pytest.mark.parametrize("away", [redis_away, database_away])
def test_without_a_store_a_log_in_is_503(api: Client, alice: Person, away: Any) -> None:
    with away():
        for word in (alice.password, WRONG):
            refused = log_in(api, password=word)
            assert (refused.status_int, refused.headers["Retry-After"]) == (503, "1")
    assert log_in(api, password=alice.password).status_int == 201


def test_a_logout_that_cant_be_done_is_503(api: Client, alice: Person) -> None:
    with redis_away():
        api.delete("/auth", headers=alice.headers, status=503)
    api.get("/user/alice", headers=alice.headers, status=200)
