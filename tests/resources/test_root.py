"""`GET /`, for anyone."""

import pytest

from models.account import ReplacedProfile
from models.session import Session
from tests.client import Client
from tests.faults import database_away, redis_away
from tests.people import Person, bearer

HELLO = {"message": "Hello World"}


def test_a_stranger_is_greeted(api: Client) -> None:
    assert api.get("/", status=200).json == HELLO


def test_a_person_is_greeted_by_name_with_what_they_keep(api: Client, alice: Person) -> None:
    alice.user.replace_fields(ReplacedProfile(data={"a": [1]}, email="a@b"), by=alice.as_actor())
    assert api.get("/", headers=alice.headers, status=200).json == {
        "message": "Hello alice",
        "username": "alice",
        "email": "a@b",
        "data": {"a": [1]},
    }


@pytest.mark.parametrize(
    "header",
    ["Bearer nonsense", "Bearer", "Bearer ", "Basic YTpi", "nonsense", "", "Bearer a.b.c", "Bearer " + "x" * 9000],
)
def test_at_the_base_a_bad_token_is_hello_world(api: Client, header: str) -> None:
    assert api.get("/", headers={"Authorization": header}, status=200).json == HELLO


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer", "Basic YTpi", "nonsense", "Bearer a.b.c"])
@pytest.mark.parametrize("path", ["/user/alice", "/auth/sessions"])
def test_everywhere_else_a_bad_token_is_401(api: Client, alice: Person, path: str, header: str) -> None:
    answer = api.get(path, headers={"Authorization": header}, status=401)
    assert answer.json["type"] == "/problems/not-signed-in"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_session_that_has_ended_is_hello_world(api: Client, alice: Person) -> None:
    Session.end_current(by=alice.as_actor())
    assert api.get("/", headers=alice.headers, status=200).json == HELLO


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_scheme_has_no_case(api: Client, alice: Person, scheme: str) -> None:
    answer = api.get("/", headers={"Authorization": f"{scheme} {alice.token}"}, status=200)
    assert answer.json["message"] == "Hello alice"


def test_a_token_while_redis_is_away_is_503(api: Client, alice: Person) -> None:
    with redis_away():
        answer = api.get("/", headers=alice.headers, status=503)
        assert int(answer.headers["Retry-After"]) >= 1
        assert api.get("/", status=200).json == HELLO
        assert api.get("/", headers=bearer("nonsense"), status=200).json == HELLO


def test_a_token_while_the_database_is_away_is_503(api: Client, alice: Person) -> None:
    with database_away():
        answer = api.get("/", headers=alice.headers, status=503)
        assert answer.json["type"] == "/problems/unavailable"
        assert api.get("/", status=200).json == HELLO
    assert api.get("/", headers=alice.headers, status=200).json["username"] == "alice"
