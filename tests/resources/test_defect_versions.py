"""ETag, If-Match and If-None-Match of defects, and those who change or delete one at the same moment."""

from collections import Counter
from typing import Any

import pytest

from tests.client import Client
from tests.people import Person
from tests.security.asking import ask, ask_json
from tests.security.rows import rows
from tests.security.together import together

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def path(api: Client, alice: Person) -> str:
    """Where a defect of alice's is."""
    made = api.post_json("/api/defects", {"comment": "It leaks."}, headers=alice.headers, status=201)
    found: str = made.headers["Location"]
    return found


def tag(api: Client, path: str, by: Person) -> str:
    found: str = api.get(path, headers=by.headers, status=200).headers["ETag"]
    return found


def patch(api: Client, path: str, by: Person, if_match: str | None, comment: str = "It leaks more.") -> Any:
    headers = by.headers | ({} if if_match is None else {"If-Match": if_match})
    return api.patch_json(path, {"comment": comment}, headers=headers)


def test_a_defect_carries_a_strong_etag_that_changes_with_it(
    api: Client, path: str, alice: Person, bob: Person
) -> None:
    first = tag(api, path, alice)
    assert first.startswith('"') and first.endswith('"')
    assert first == tag(api, path, bob)
    changed = patch(api, path, bob, None)
    assert changed.headers["ETag"] == tag(api, path, alice) != first
    moved = api.patch_json(path, {"timestamp": "2026-03-01T12:00:00Z"}, headers=bob.headers, status=200)
    assert moved.headers["ETag"] == tag(api, path, alice) not in (first, changed.headers["ETag"])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_get_of_the_version_one_has_is_304(api: Client, path: str, alice: Person, method: str) -> None:
    version = tag(api, path, alice)
    for given in (version, f"W/{version}", f'"other", {version}', "*"):
        answer = api.request(path, method=method, headers=alice.headers | {"If-None-Match": given}, status=304)
        assert (answer.body, answer.headers["ETag"]) == (b"", version)
    for given in ('"other"', '"*"', "nonsense"):
        api.request(path, method=method, headers=alice.headers | {"If-None-Match": given}, status=200)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_of_an_older_version_is_412_and_changes_nothing(
    api: Client, path: str, alice: Person, bob: Person, method: str
) -> None:
    version = tag(api, path, alice)
    assert patch(api, path, bob, version).status_int == 200
    before = [rows(table) for table in ("defect", "audit_entry", "notification")]
    body = b"" if method == "DELETE" else b'{"comment": "New."}'
    headers = alice.headers | JSON
    outdated = api.request(path, method=method, headers=headers | {"If-Match": version}, body=body, status=412)
    assert outdated.json["type"] == "/problems/outdated"
    assert [rows(table) for table in ("defect", "audit_entry", "notification")] == before
    now = {"If-Match": tag(api, path, alice)}
    api.request(path, method=method, headers=headers | now, body=body, status=204 if method == "DELETE" else 200)


FORMS = {"*": 200, '"a", {}, "b"': 200, "{}": 200, "W/{}": 412, '"*"': 412, '"other"': 412, '""': 412, "nonsense": 400}


@pytest.mark.parametrize(("given", "status"), [*FORMS.items(), (" ", 400), (",", 400), (",,x", 400)])
def test_the_forms_of_if_match(api: Client, path: str, alice: Person, given: str, status: int) -> None:
    given = given.replace("{}", tag(api, path, alice))
    answer = patch(api, path, alice, given)
    assert answer.status_int == status
    if status == 400:
        assert [fault["field"] for fault in answer.json["errors"]] == ["If-Match"]
    deleted = api.delete(path, headers=alice.headers | {"If-Match": given if status != 200 else "*"})
    assert deleted.status_int == (204 if status == 200 else status)
    assert len(rows("defect")) == (0 if status == 200 else 1)


def test_a_write_of_what_if_none_match_names_is_412(api: Client, path: str, alice: Person) -> None:
    for given in ("*", tag(api, path, alice)):
        headers = alice.headers | {"If-None-Match": given}
        api.put_json(path, {"comment": "New."}, headers=headers, status=412)
        api.patch_json(path, {"comment": "New."}, headers=headers, status=412)
        api.delete(path, headers=headers, status=412)
    api.delete(path, headers=alice.headers | {"If-None-Match": '"other"'}, status=204)


def test_what_is_not_there_or_not_yours_is_said_before_the_version(
    api: Client, path: str, alice: Person, bob: Person
) -> None:
    for given in ('"other"', ","):
        api.delete(path, headers=bob.headers | {"If-Match": given}, status=403)
        api.delete("/api/defects/4711", headers=alice.headers | {"If-Match": given}, status=404)
        assert patch(api, "/api/defects/4711", alice, given).status_int == 404


def test_who_is_not_shown_its_creator_has_another_version_that_counts_for_them(
    api: Client, path: str, alice: Person, bob: Person, root: Person
) -> None:
    before = tag(api, path, bob)
    api.delete(f"/users/{alice.id}", headers=root.headers, status=200)
    assert tag(api, path, root) == before != tag(api, path, bob)
    assert patch(api, path, bob, before).status_int == 412
    assert patch(api, path, bob, tag(api, path, bob)).json["user"] is None
    assert patch(api, path, root, tag(api, path, root), "It leaks less.").json["user"] == alice.id


def test_of_fifty_changes_of_one_version_one_is_made(
    app: Any, api: Client, path: str, alice: Person, bob: Person
) -> None:
    version = tag(api, path, alice)

    def change(which: int) -> int:
        headers = (alice if which % 2 else bob).headers | {"If-Match": version}
        return ask_json(app, "PATCH", path, {"comment": f"comment {which}"}, headers=headers).status

    statuses = together(50, change)
    assert Counter(statuses) == {200: 1, 412: 49}
    assert api.get(path, headers=alice.headers).json["comment"] == f"comment {statuses.index(200)}"
    assert len([entry for entry in rows("audit_entry") if entry["action"] == "update"]) == 1


def test_of_twenty_deletions_of_one_defect_one_is_made_and_told(app: Any, path: str, alice: Person) -> None:
    statuses = Counter(together(20, lambda _: ask(app, "DELETE", path, headers=alice.headers).status))
    assert statuses == {204: 1, 404: 19}
    assert rows("defect") == []
    assert [notice["action"] for notice in rows("notification")] == ["create", "delete"]
    told = [entry["action"] for entry in rows("audit_entry") if entry["model"] == "defect"]
    assert told == ["create", "destroy"]
