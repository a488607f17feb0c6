"""`/auth/sessions`: where else one is logged in."""

import uuid
from typing import Any

import pytest

from tests.client import Client
from tests.people import Person, bearer

FIELDS = {"id", "created_at", "expires_at", "last_seen_at", "ip", "user_agent", "current"}


def pages(api: Client, person: Person, path: str) -> list[list[dict[str, Any]]]:
    """All pages from this one on, by following the links."""
    found = []
    while path:
        answer = api.get(path, headers=person.headers, status=200)
        found.append(answer.json["items"])
        path = answer.json["next"]
        assert answer.headers.get("Link") == (f'<{path}>; rel="next"' if path else None)
    return found


def sessions(api: Client, token: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get("/auth/sessions", headers=bearer(token), status=200).json["items"]
    return found


def test_own_sessions_are_listed_newest_first(api: Client, alice: Person, bob: Person) -> None:
    second = alice.log_in()
    listed = sessions(api, second)
    assert [set(each) for each in listed] == [FIELDS] * 2
    assert [each["current"] for each in listed] == [True, False]
    assert listed[0]["created_at"] > listed[1]["created_at"]
    assert (listed[0]["ip"], listed[0]["user_agent"]) == ("127.0.0.1", "tests")
    for each in listed:
        assert each["created_at"] <= each["last_seen_at"] <= each["expires_at"]
        api.get(f"/auth/sessions/{each['id']}", headers=alice.headers, status=200)


def test_one_session_is_shown_as_the_list_shows_it(api: Client, alice: Person) -> None:
    (listed,) = sessions(api, alice.token)
    assert api.get(f"/auth/sessions/{listed['id']}", headers=alice.headers, status=200).json == listed


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 200])
def test_the_pages_together_are_the_list(api: Client, alice: Person, limit: int) -> None:
    for _ in range(5):
        alice.log_in()
    (whole,) = pages(api, alice, "/auth/sessions")
    parts = pages(api, alice, f"/auth/sessions?limit={limit}")
    assert [each for part in parts for each in part] == whole
    assert len(whole) == 6
    assert all(len(part) == limit for part in parts[:-1])
    assert parts[-1]


def test_a_link_keeps_what_else_was_asked_for(api: Client, alice: Person) -> None:
    for _ in range(2):
        alice.log_in()
    answer = api.get("/auth/sessions?count=true&limit=1", headers=alice.headers, status=200)
    following = api.get(answer.json["next"], headers=alice.headers, status=200).json
    assert (len(following["items"]), following["total"], following["total_exact"]) == (1, 3, True)


def test_a_page_goes_on_after_its_last_session_has_ended(api: Client, alice: Person) -> None:
    for _ in range(3):
        alice.log_in()
    first = api.get("/auth/sessions?limit=2", headers=alice.headers, status=200).json
    api.delete(f"/auth/sessions/{first['items'][1]['id']}", headers=alice.headers, status=204)
    assert len(api.get(first["next"], headers=alice.headers, status=200).json["items"]) == 2


def test_totals_come_only_where_they_are_asked_for(api: Client, alice: Person) -> None:
    for query in ("", "?count=false"):
        assert set(api.get(f"/auth/sessions{query}", headers=alice.headers, status=200).json) == {"items", "next"}
    assert api.get("/auth/sessions?count=true", headers=alice.headers, status=200).json["total"] == 1


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", {"limit"}),
        ("limit=201", {"limit"}),
        ("limit=-1", {"limit"}),
        ("limit=ten", {"limit"}),
        ("limit=", {"limit"}),
        ("limit=1&limit=0", {"limit"}),
        ("limit=%D9%A1", {"limit"}),
        ("cursor=x", {"cursor"}),
        ("cursor=" + "9" * 400, {"cursor"}),
        ("count=yes", {"count"}),
        ("page=2", {"page"}),
        ("limit=0&cursor=x&count=1&user=7", {"limit", "cursor", "count", "user"}),
    ],
)
def test_every_parameter_at_fault_is_named(api: Client, alice: Person, query: str, named: set[str]) -> None:
    refused = api.get(f"/auth/sessions?{query}", headers=alice.headers, status=400)
    assert {fault["field"] for fault in refused.json["errors"]} == named


def test_ending_one_session_kills_its_token(api: Client, alice: Person) -> None:
    other = alice.log_in()
    place = f"/auth/sessions/{next(each['id'] for each in sessions(api, other) if each['current'])}"
    api.delete(place, headers=alice.headers, status=204)
    api.get("/user/alice", headers=bearer(other), status=401)
    api.get(place, headers=alice.headers, status=404)
    api.delete(place, headers=alice.headers, status=404)


def test_ending_the_current_session_is_a_logout(api: Client, alice: Person) -> None:
    (mine,) = sessions(api, alice.token)
    api.delete(f"/auth/sessions/{mine['id']}", headers=alice.headers, status=204)
    api.get("/user/alice", headers=alice.headers, status=401)


def test_ending_all_others_says_how_many(api: Client, alice: Person, bob: Person) -> None:
    others = [alice.log_in() for _ in range(3)]
    assert api.delete("/auth/sessions", headers=alice.headers, status=200).json == {"sessions_revoked": 3}
    for token in others:
        api.get("/user/alice", headers=bearer(token), status=401)
    assert len(sessions(api, alice.token)) == 1
    assert api.delete("/auth/sessions", headers=alice.headers, status=200).json == {"sessions_revoked": 0}
    api.get("/user/bob", headers=bob.headers, status=200)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_exists_and_is_not_yours_is_403_and_what_does_not_is_404(
    api: Client, alice: Person, root: Person, method: str
) -> None:
    (hers,) = sessions(api, alice.token)
    api.request(f"/auth/sessions/{hers['id']}", method=method, headers=root.headers, status=403)
    api.request(f"/auth/sessions/{uuid.uuid4()}", method=method, headers=root.headers, status=404)
    api.get("/user/alice", headers=alice.headers, status=200)
