"""`/api/defects`: reported, read and changed by anybody, deleted by whoever reported them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.client import Client
from tests.people import Person
from tests.security.rows import rows

VERBS = ["PUT", "PATCH"]
WRITES = ["POST", *VERBS]
NOON = "2026-03-01T12:00:00Z"
TABLES = ("defect", "audit_entry", "notification")


def report(api: Client, by: Person, comment: str = "It leaks.", **more: Any) -> Any:
    return api.post_json("/api/defects", {"comment": comment, **more}, headers=by.headers, status=201).json


def path(defect: Any) -> str:
    return f"/api/defects/{defect['id']}"


def read(api: Client, defect: Any, by: Person) -> Any:
    return api.get(path(defect), headers=by.headers, status=200).json


def write(api: Client, method: str, defect: Any, by: Person, **fields: Any) -> Any:
    if method == "POST":
        return api.post_json("/api/defects", fields, headers=by.headers)
    return (api.put_json if method == "PUT" else api.patch_json)(path(defect), fields, headers=by.headers)


def fields_at_fault(answer: Any) -> set[str]:
    assert answer.status_int == 400
    return {fault["field"] for fault in answer.json["errors"]}


def everything() -> list[Any]:
    return [rows(table) for table in TABLES]


def test_a_report_answers_with_the_defect_and_where_it_is(api: Client, alice: Person, bob: Person) -> None:
    before = datetime.now(UTC)
    made = api.post_json("/api/defects", {"comment": "It leaks."}, headers=alice.headers, status=201)
    assert before <= datetime.fromisoformat(made.json["timestamp"]) <= datetime.now(UTC)
    assert made.json == {"id": 1, "comment": "It leaks.", "timestamp": made.json["timestamp"], "user": alice.id}
    assert made.json["timestamp"].endswith("Z")
    assert made.headers["Location"] == path(made.json)
    for by in (alice, bob):
        found = api.get(made.headers["Location"], headers=by.headers, status=200)
        assert (found.json, found.headers["ETag"]) == (made.json, made.headers["ETag"])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (NOON, NOON),
        ("2026-03-01T12:00:00+05:30", "2026-03-01T06:30:00Z"),
        ("2026-03-01T23:00:00.123456-11:00", "2026-03-02T10:00:00.123456Z"),
        ("2026-03-01T12:00:00-00:00", NOON),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
        ("1000-01-01T14:00:00+14:00", "1000-01-01T00:00:00Z"),
        ("9998-12-31T00:00:00Z", "9998-12-31T00:00:00Z"),
        # Leap seconds: RFC 3339's own examples.
        ("1990-12-31T23:59:60Z", "1990-12-31T23:59:59.999999Z"),
        ("1990-12-31T15:59:60-08:00", "1990-12-31T23:59:59.999999Z"),
        ("2012-06-30t23:59:60.25z", "2012-06-30T23:59:59.999999Z"),
    ],
)
def test_a_time_of_any_offset_comes_back_in_utc(api: Client, alice: Person, given: str, kept: str) -> None:
    made = report(api, alice, timestamp=given)
    assert made["timestamp"] == read(api, made, alice)["timestamp"] == kept
    for method in VERBS:
        now = report(api, alice)
        changed = write(api, method, now, alice, comment="Mended.", timestamp=given)
        assert changed.json["timestamp"] == read(api, now, alice)["timestamp"] == kept


NO_TIMES: list[Any] = [
    "2026-03-01T12:00:00", "2026-03-01", "12:00:00Z", "yesterday", "", "2026-02-30T00:00:00Z",
    "2026-03-01T12:00:00+24:00", "1772366400", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
    "0999-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59-12:00",
    "10000-01-01T00:00:00Z", "1990-12-31T23:59:61Z", "1990-12-31T22:59:60Z", "1990-12-30T23:59:60Z",
    None, 0, 1772366400, 1.5, True, [NOON], {},
]  # fmt: skip
NO_COMMENTS: list[Any] = ["", " ", "\t\r\n\u00a0\u2003", "x" * 10_001, "a\0b", "\0", None, 1, True, ["a"], {}]


@pytest.mark.parametrize("given", NO_TIMES)
def test_a_time_that_is_none_is_named(api: Client, alice: Person, given: Any) -> None:
    made = report(api, alice)
    before = everything()
    for method in WRITES:
        assert fields_at_fault(write(api, method, made, alice, comment="New.", timestamp=given)) == {"timestamp"}
    assert everything() == before


@pytest.mark.parametrize("given", NO_COMMENTS, ids=lambda given: repr(given)[:12])
def test_a_comment_that_is_none_is_named(api: Client, alice: Person, given: Any) -> None:
    made = report(api, alice)
    before = everything()
    for method in WRITES:
        assert fields_at_fault(write(api, method, made, alice, comment=given)) == {"comment"}
    assert everything() == before


@pytest.mark.parametrize("given", ["\U0001f41b" * 10_000, " a\n\tb ", "%_'\"\\\x01\x7f", "e\u0301 \ufb01 \u0130"])
def test_a_comment_is_kept_as_it_was_given(api: Client, alice: Person, given: str) -> None:
    made = report(api, alice, given)
    assert made["comment"] == read(api, made, alice)["comment"] == given
    for method in VERBS:
        other = report(api, alice)
        assert write(api, method, other, alice, comment=given).json["comment"] == given
        assert read(api, other, alice) == other | {"comment": given}


@pytest.mark.parametrize("field", ["user", "id", "user_id", "comment_key", "nonsense"])
def test_a_field_that_is_not_to_be_given_is_named(api: Client, alice: Person, bob: Person, field: str) -> None:
    made = report(api, alice)
    before = everything()
    for method in WRITES:
        for value in (bob.id, alice.id, None):
            refusal = write(api, method, made, alice, comment="New.", **{field: value})
            assert fields_at_fault(refusal) == {field}
    assert everything() == before


def test_all_fields_at_fault_are_named_together(api: Client, alice: Person) -> None:
    made = report(api, alice)
    for method in WRITES:
        refusal = write(api, method, made, alice, comment=" ", timestamp=0, user=1)
        assert fields_at_fault(refusal) == {"comment", "timestamp", "user"}
    for method in ("POST", "PUT"):
        assert fields_at_fault(write(api, method, made, alice, timestamp=NOON)) == {"comment"}


@pytest.mark.parametrize("method", VERBS)
@pytest.mark.parametrize("who", ["its creator", "another user", "an admin"])
def test_anybody_changes_it_and_it_stays_its_creators(
    api: Client, alice: Person, bob: Person, root: Person, method: str, who: str
) -> None:
    by = {"its creator": alice, "another user": bob, "an admin": root}[who]
    made = report(api, alice)
    changed = write(api, method, made, by, comment="It leaks more.")
    assert changed.status_int == 200
    assert changed.json == read(api, made, bob) == made | {"comment": "It leaks more."}
    changed = write(api, method, made, by, comment="It leaks less.", timestamp=NOON)
    assert changed.json == read(api, made, bob) == made | {"comment": "It leaks less.", "timestamp": NOON}


def test_a_patch_of_the_time_leaves_the_comment(api: Client, alice: Person) -> None:
    made = report(api, alice)
    assert write(api, "PATCH", made, alice, timestamp=NOON).json == made | {"timestamp": NOON}


def test_a_change_that_changes_nothing_leaves_no_entry(api: Client, alice: Person, bob: Person) -> None:
    made = report(api, alice, timestamp=NOON)
    before = everything()
    for method in VERBS:
        for fields in ({}, {"timestamp": NOON}, {"timestamp": "2026-03-01T13:00:00+01:00"}):
            given = ({"comment": made["comment"]} if method == "PUT" else {}) | fields
            answer = write(api, method, made, bob, **given)
            assert (answer.status_int, answer.json) == (200, made)
    assert everything() == before


def test_its_creator_deletes_it(api: Client, alice: Person) -> None:
    made, kept = report(api, alice), report(api, alice)
    assert api.delete(path(made), headers=alice.headers, status=204).body == b""
    for method in ("GET", "DELETE"):
        api.request(path(made), method=method, headers=alice.headers, status=404)
    for method in VERBS:
        assert write(api, method, made, alice, comment="New.").status_int == 404
    assert [row["id"] for row in rows("defect")] == [kept["id"]]


def test_nobody_else_deletes_it(api: Client, alice: Person, bob: Person, root: Person) -> None:
    made = report(api, alice)
    before = everything()
    for by in (bob, root):
        refusal = api.delete(path(made), headers=by.headers, status=403)
        assert refusal.json["detail"] == "Only its creator may delete a defect."
    assert everything() == before


@pytest.mark.parametrize("defect_id", ["4711", str(2**63 - 1), str(2**63), "0", "01", "-1", "1.0", "x"])
def test_what_is_not_there_is_404(api: Client, alice: Person, root: Person, defect_id: str) -> None:
    report(api, alice)
    for by in (alice, root):
        assert write(api, "PUT", {"id": defect_id}, by, nonsense=1).status_int == 404
        for method in ("GET", "DELETE"):
            api.request(f"/api/defects/{defect_id}", method=method, headers=by.headers, status=404)


def test_an_id_is_never_used_again(api: Client, alice: Person) -> None:
    ids = []
    for _ in range(3):
        made = report(api, alice)
        api.delete(path(made), headers=alice.headers, status=204)
        ids.append(made["id"])
    assert ids == [1, 2, 3]
