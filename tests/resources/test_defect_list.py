"""`GET /api/defects`: newest first, page by page, found by who and what, and the deleted nowhere for users."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.defect import Defect
from models.names import caseless
from tests.client import Client
from tests.length import at_length
from tests.people import Person
from tests.security.asking import ask
from tests.security.rows import rows

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def add(by: Person, *comments: str) -> list[int]:
    """Add defects past the verbs, since many of them would take their time; return their ids."""
    alike = {"timestamp": NOW, "user_id": by.id}
    Defect.insert_many([{"comment": each, "comment_key": caseless(each), **alike} for each in comments]).execute()
    return [row["id"] for row in rows("defect")][-len(comments) :]


def listed(api: Client, by: Person, query: str = "") -> Any:
    return api.get(f"/api/defects?{query}", headers=by.headers, status=200).json["items"]


def ids(api: Client, by: Person, query: str = "") -> list[int]:
    return [item["id"] for item in listed(api, by, query)]


def test_two_hundred_a_page_newest_first(api: Client, alice: Person, bob: Person) -> None:
    there = add(alice, *(f"defect {number}" for number in range(205)))
    first = api.get("/api/defects?count=true", headers=bob.headers, status=200)
    assert first.headers["Link"] == f'<{first.json["next"]}>; rel="next"'
    second = api.get(first.json["next"], headers=bob.headers, status=200)
    pages = [[item["id"] for item in page.json["items"]] for page in (first, second)]
    assert pages == [there[:4:-1], there[4::-1]]
    assert (second.json["next"], "Link" in second.headers) == (None, False)
    for page in (first, second):
        assert (page.json["total"], page.json["total_exact"]) == (205, True)


def test_an_item_is_what_the_defect_is_by_itself(api: Client, alice: Person, bob: Person) -> None:
    (mine,), (theirs,) = add(alice, "It leaks."), add(bob, "It squeaks.")
    for item, defect_id in zip(listed(api, alice), (theirs, mine), strict=True):
        assert item == api.get(f"/api/defects/{defect_id}", headers=alice.headers).json


def test_a_limit_and_a_cursor(api: Client, alice: Person) -> None:
    there = add(alice, *"abcde")
    page = api.get("/api/defects?limit=2", headers=alice.headers, status=200).json
    assert [item["id"] for item in page["items"]] == there[:2:-1]
    assert ids(api, alice, f"cursor={there[2]}") == there[1::-1]
    assert ids(api, alice, "limit=5") == ids(api, alice, f"cursor={2**63 - 1}") == there[::-1]
    assert api.get("/api/defects?limit=5", headers=alice.headers).json["next"] is None
    assert ids(api, alice, "cursor=0") == []


def test_defects_of_a_user(api: Client, alice: Person, bob: Person, root: Person) -> None:
    of_alice, of_bob = add(alice, "a", "b"), add(bob, "a")
    for by in (alice, bob, root):
        assert ids(api, by, f"user={alice.id}") == of_alice[::-1]
        assert ids(api, by, f"user={bob.id}&q=a") == of_bob
        assert ids(api, by, f"user={bob.id}&q=b") == ids(api, by, "user=4711") == []
    counted = api.get(f"/api/defects?user={alice.id}&q=A&count=true", headers=bob.headers).json
    assert counted["total"] == 1


def test_a_part_is_found_whatever_its_case_and_stands_for_itself(api: Client, alice: Person) -> None:
    for comment in ("Die Straße", "100% of it", "snake_case", "back\\slash", 'it\'s "so"', "ΌΣΟΣ", "Ｗｉｄｅ", "çé"):
        add(alice, comment)
    for part, found in (
        ("DIE S", ["Die Straße"]), ("strasse", ["Die Straße"]), ("RASSE", ["Die Straße"]), ("%", ["100% of it"]),
        ("0%o", []), ("1%t", []), ("_", ["snake_case"]), ("e_C", ["snake_case"]), ("k\\S", ["back\\slash"]),
        ("'", ["it's \"so\""]), ('"SO"', ["it's \"so\""]), ("όσος", ["ΌΣΟΣ"]), ("wide", ["Ｗｉｄｅ"]), ("*", []),
        ("ÇE\u0301", ["çé"]), ("c", ["back\\slash", "snake_case"]), (" O", ["100% of it"]), ("of it.", []),
        ("x" * 254, []),
    ):  # fmt: skip
        assert [item["comment"] for item in listed(api, alice, f"q={quote(part, safe='')}")] == found, part


def test_a_comment_is_found_by_what_it_says_now(api: Client, alice: Person) -> None:
    made = api.post_json("/api/defects", {"comment": "It LEAKS."}, headers=alice.headers, status=201)
    defect_id = made.json["id"]
    assert ids(api, alice, "q=it%20leaks") == [defect_id]
    api.patch_json(made.headers["Location"], {"comment": "It Squeaks."}, headers=alice.headers, status=200)
    assert ids(api, alice, "q=leak") == []
    assert ids(api, alice, "q=sQUEAK") == [defect_id]


WRONG = ["q=", "q=a%00b", f"q={'x' * 255}", "q=%FF", "user=0", "user=-1", "user=alice", f"user={2**63}"]
WRONG_PAGES = [
    "limit=0",
    "limit=201",
    "limit=x",
    "cursor=-1",
    "cursor=x",
    f"cursor={2**63}",
    "count=1",
    "limit=1&limit=2",
]
UNKNOWN = ["id=1", "comment=a", "Q=a", "deleted=include", "offset=1"]


@pytest.mark.parametrize("query", [*WRONG, *WRONG_PAGES, *UNKNOWN], ids=lambda query: query[:20])
def test_a_parameter_that_is_wrong_or_unknown_is_named(api: Client, root: Person, query: str) -> None:
    refusal = api.get(f"/api/defects?{query}", headers=root.headers, status=400)
    assert [fault["field"] for fault in refusal.json["errors"]] == [query.partition("=")[0]]


def test_all_parameters_at_fault_are_named_together(api: Client, alice: Person) -> None:
    refusal = api.get("/api/defects?limit=0&user=x&nonsense=1&q=", headers=alice.headers, status=400)
    assert {fault["field"] for fault in refusal.json["errors"]} == {"limit", "user", "nonsense", "q"}


def test_a_deleted_user_is_nobody_to_users_and_known_to_admins(
    api: Client, alice: Person, bob: Person, root: Person
) -> None:
    (defect_id,), (of_bob,) = add(alice, "It leaks."), add(bob, "It squeaks.")
    path = f"/api/defects/{defect_id}"

    def seen(by: Person) -> list[int | None]:
        put = api.put_json(path, {"comment": f"{by.name} was here."}, headers=by.headers, status=200).json
        patched = api.patch_json(path, {"comment": "It leaks."}, headers=by.headers, status=200).json
        single = api.get(path, headers=by.headers, status=200).json
        (item,) = [each for each in listed(api, by) if each["id"] == defect_id]
        return [each["user"] for each in (put, patched, single, item)]

    api.delete(f"/users/{alice.id}", headers=root.headers, status=200)
    assert (seen(bob), seen(root)) == ([None] * 4, [alice.id] * 4)
    assert [item["user"] for item in listed(api, bob)] == [bob.id, None]
    mine = f"user={alice.id}"
    assert (ids(api, bob, mine), ids(api, root, mine)) == ([], [defect_id])
    assert api.get(f"/api/defects?{mine}&count=true", headers=bob.headers).json["total"] == 0
    assert (ids(api, bob, "q=leaks"), ids(api, bob, f"user={bob.id}")) == ([defect_id], [of_bob])
    api.post(f"/users/{alice.id}/restore", headers=root.headers, status=200)
    assert (seen(bob), ids(api, bob, mine)) == ([alice.id] * 4, [defect_id])


CHANGES = st.lists(st.tuples(st.sampled_from(["insert", "delete"]), st.integers(0, 40)), max_size=6)


@settings(
    max_examples=at_length(60, 1_500),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(limit=st.integers(1, 5), number=st.integers(0, 20), turns=st.lists(CHANGES, max_size=6))
def test_nothing_comes_twice_and_what_was_there_all_along_comes_once(
    app: Any, alice: Person, limit: int, number: int, turns: list[list[tuple[str, int]]]
) -> None:
    Defect.delete().execute()
    kept = set(add(alice, *"x" * number) if number else [])
    seen, path, turn = list[int](), f"/api/defects?limit={limit}&q=X", iter(turns)
    while path:
        page = ask(app, "GET", path, headers=alice.headers).json
        assert len(page["items"]) == limit or page["next"] is None
        seen, path = seen + [item["id"] for item in page["items"]], page["next"]
        for name, pick in next(turn, []):
            there = [row["id"] for row in rows("defect")]
            if name == "insert" or not there:
                add(alice, "x")
            else:
                Defect.delete().where(Defect.id == there[pick % len(there)]).execute()
        kept &= {row["id"] for row in rows("defect")} | set(seen)
    assert seen == sorted(set(seen), reverse=True)
    assert kept <= set(seen)
