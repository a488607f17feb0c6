"""`/audit`: for admins to read, in the order of time, and for nobody to change."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.audit import AuditEntry
from tests.client import Client
from tests.people import Person
from tests.security.rows import rows

ENTRY = {"id", "user", "username", "model", "object_id", "action", "timestamp", "changes", "request_id"}
START = datetime(2001, 1, 1, 12, tzinfo=UTC)
JSON = {"Content-Type": "application/json"}
OLD = "until=2002-01-01T00:00:00Z"
# User, model, object, action, request, and when, in seconds after the start; of times when nobody here was born.
TRAIL = [
    (101, "user", "7", "create", "req-1", 0),
    (101, "user", "7", "update", "req-2", 1),
    (102, "task", "7", "create", "req-2", 2),
    (102, "user", "77", "destroy", "req-3", 3),
    (None, "defect", "7", "update", None, 4),
]


def insert(after: float, **fields: Any) -> int:
    """Add an entry past the verbs, so many seconds after the start; return its id."""
    alike = {"model": "defect", "object_id": "1", "action": "create", "timestamp": START + timedelta(seconds=after)}
    entry_id: int = AuditEntry.insert(alike | fields).execute()
    return entry_id


def pages(api: Client, by: Person, query: str) -> list[Any]:
    """The items of all pages."""
    found, path = list[Any](), f"/audit?{query}"
    while path:
        page = api.get(path, headers=by.headers, status=200).json
        found, path = found + page["items"], page["next"]
    return found


def username(api: Client, by: Person, entry_id: int) -> Any:
    """The name that an entry shows, by itself and in the list."""
    entry = api.get(f"/audit/{entry_id}", headers=by.headers, status=200).json
    assert entry in pages(api, by, f"object_id={entry['object_id']}")
    return entry["username"]


@pytest.fixture
def trail(stores: None) -> list[int]:
    """The ids of the entries of the TRAIL."""
    columns = ("user_id", "model", "object_id", "action", "request_id")
    return [insert(after, **dict(zip(columns, fields, strict=True))) for *fields, after in TRAIL]


def test_an_entry_reads_the_same_by_itself_and_in_the_list(api: Client, root: Person) -> None:
    entry_id = insert(0.5, user_id=root.id, changes={"a": [None, 1]}, request_id="req-1")
    told = {"user": root.id, "username": "root", "model": "defect", "object_id": "1", "action": "create"}
    entry = {"id": entry_id, **told, "timestamp": "2001-01-01T12:00:00.500000Z", "changes": {"a": [None, 1]}}
    assert api.get(f"/audit/{entry_id}", headers=root.headers, status=200).json == entry | {"request_id": "req-1"}
    assert pages(api, root, "request_id=req-1") == [entry | {"request_id": "req-1"}]


def test_it_is_for_admins_alone(api: Client, alice: Person, root: Person) -> None:
    entry_id = insert(0)
    for path in ("/audit", f"/audit/{entry_id}", "/audit/4711", "/audit?nonsense=1"):
        api.get(path, status=401)
        api.get(path, headers=alice.headers, status=403)
    for path in ("/audit/4711", "/audit/0", f"/audit/{2**63}", "/audit/x"):
        api.get(path, headers=root.headers, status=404)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("user=101", [1, 0]),
        ("user=103", []),
        ("model=user", [3, 1, 0]),
        ("model=session", []),
        ("object_id=7", [4, 2, 1, 0]),
        ("object_id=77", [3]),
        ("object_id=7&model=user", [1, 0]),
        ("object_id=77&model=task", []),
        ("action=create", [2, 0]),
        ("action=destroy", [3]),
        ("request_id=req-2", [2, 1]),
        ("request_id=REQ-2", []),
        ("since=2001-01-01T12:00:03Z", [4, 3]),
        ("until=2001-01-01T12:00:03Z", [2, 1, 0]),
        ("since=2001-01-01T14:00:01%2B02:00&until=2001-01-01T06:00:03-06:00", [2, 1]),
        ("since=2001-01-01T12:00:01.000001Z&until=2001-01-01T12:00:02.000001Z", [2]),
        ("since=2001-01-01T12:00:03Z&until=2001-01-01T12:00:03Z", []),
        ("since=1998-12-31T23:59:60Z&until=2016-12-31T23:59:60Z", [4, 3, 2, 1, 0]),
        ("user=101&action=update", [1]),
        ("user=102&model=user&object_id=77&action=destroy&request_id=req-3&since=2001-01-01T12:00:03Z", [3]),
        ("user=102&model=user&object_id=77&action=destroy&request_id=req-2", []),
    ],
)
def test_filters_must_all_fit(api: Client, root: Person, trail: list[int], query: str, found: list[int]) -> None:
    asked = query if "until" in query else f"{query}&{OLD}"
    assert [item["id"] for item in pages(api, root, asked)] == [trail[each] for each in found]
    counted = api.get(f"/audit?{asked}&count=true&limit=1", headers=root.headers).json
    assert (counted["total"], counted["total_exact"]) == (len(found), True)


WRONG_IDS = ["user=0", "user=alice", f"user={2**63}", "object_id=", "object_id=%C3%A9", f"request_id={'x' * 129}"]
WRONG_KINDS = ["model=users", "model=", "model=User", "action=delete", "action=CREATE", "request_id=a%00b"]
NO_TIMES = ["yesterday", "2001-01-01", "2001-01-01T12:00:00", "2001-01-01T12:00:00+02:00", "0001-01-01T00:00:00Z", ""]
WRONG_TIMES = [f"{name}={each}" for name in ("since", "until") for each in (*NO_TIMES, "1000000000")]
UNKNOWN = ["username=root", "timestamp=1", "q=a", "id=1", "limit=0", "cursor=x", "count=1"]


@pytest.mark.parametrize("query", [*WRONG_IDS, *WRONG_KINDS, *WRONG_TIMES, *UNKNOWN])
def test_a_filter_that_is_wrong_or_unknown_is_named(api: Client, root: Person, query: str) -> None:
    refusal = api.get(f"/audit?{query}", headers=root.headers, status=400)
    assert [fault["field"] for fault in refusal.json["errors"]] == [query.partition("=")[0]]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
def test_pages_are_in_the_order_of_time_and_of_ids_where_that_is_the_same(
    api: Client, root: Person, limit: int
) -> None:
    times = [5, 1, 3, 3, 9, 3, 1, 0.25, 5]
    there = sorted(((after, insert(after)) for after in times), reverse=True)
    assert [item["id"] for item in pages(api, root, f"{OLD}&limit={limit}")] == [entry_id for _, entry_id in there]
    assert [item["id"] for item in pages(api, root, f"limit={limit}")][-len(times) :] == [each for _, each in there]


def test_a_page_links_to_the_next_and_says_how_many_there_are(api: Client, root: Person) -> None:
    mine = [insert(after) for after in (2, 1, 0)]
    first = api.get(f"/audit?{OLD}&limit=2&count=true", headers=root.headers, status=200)
    assert first.headers["Link"] == f'<{first.json["next"]}>; rel="next"'
    assert (first.json["total"], first.json["total_exact"]) == (3, True)
    insert(3)
    second = api.get(first.json["next"], headers=root.headers, status=200)
    assert ([item["id"] for item in second.json["items"]], second.json["next"]) == (mine[2:], None)


def test_a_cursor_that_never_was_finds_nothing(api: Client, root: Person) -> None:
    insert(0)
    for cursor in (0, 4711, 2**63 - 1):
        answer = api.get(f"/audit?cursor={cursor}", headers=root.headers, status=200)
        assert (answer.json, "Link" in answer.headers) == ({"items": [], "next": None}, False)


def test_a_name_is_what_it_is_now(api: Client, alice: Person, root: Person) -> None:
    mine, of_nobody = insert(0, user_id=alice.id), insert(1, user_id=None)
    assert (username(api, root, mine), username(api, root, of_nobody)) == ("alice", None)
    api.patch_json(f"/users/{alice.id}", {"username": "Alicia"}, headers=root.headers, status=200)
    assert username(api, root, mine) == "Alicia"
    api.delete(f"/users/{alice.id}", headers=root.headers, status=200)
    assert username(api, root, mine) == "Alicia"
    api.post(f"/users/{alice.id}/restore", headers=root.headers, status=200)
    api.delete("/user/Alicia", headers=root.headers, status=204)
    assert username(api, root, mine) is None
    assert api.get(f"/audit/{mine}", headers=root.headers).json["user"] == alice.id


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("who", ["anybody", "a user", "an admin"])
def test_nobody_may_write_to_it(api: Client, alice: Person, root: Person, method: str, who: str) -> None:
    headers = {"anybody": {}, "a user": alice.headers, "an admin": root.headers}[who]
    entry_id = insert(0)
    before = rows("audit_entry")
    for path in ("/audit", f"/audit/{entry_id}", f"/audit/{entry_id + 1}"):
        refusal = api.request(path, method=method, headers=headers | JSON, body=b'{"action": "create"}', status=405)
        assert set(refusal.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert rows("audit_entry") == before
