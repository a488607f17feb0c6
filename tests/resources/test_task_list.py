"""`GET /tasks`: newest first, filtered, page by page, and never too heavy."""

from typing import Any

import pytest

from models.prepared import PreparedRow
from models.task import Task
from models.task.reading import HEAVIEST_PAGE
from models.task_kinds import NewDelay, NewJavaScript
from tests.client import Client
from tests.people import Person


def delays(by: Person, number: int) -> list[str]:
    actor = by.as_actor()
    return [Task.submit(NewDelay(seconds=60), by=actor).id for _ in range(number)]


def listed(api: Client, by: Person, query: str = "") -> list[str]:
    """The ids of all pages."""
    found: list[str] = []
    path: str | None = f"/tasks?{query}"
    while path:
        page = api.get(path, headers=by.headers, status=200).json
        found += [task["id"] for task in page["items"]]
        path = page["next"]
    return found


def test_a_user_sees_their_own_newest_first(api: Client, alice: Person, bob: Person) -> None:
    mine = delays(alice, 5)
    delays(bob, 2)
    assert listed(api, alice, "limit=2") == mine[::-1]
    page = api.get("/tasks?limit=2&count=true", headers=alice.headers, status=200)
    assert (page.json["total"], page.json["total_exact"]) == (5, True)
    assert page.headers["Link"] == f'<{page.json["next"]}>; rel="next"'


def test_an_admin_sees_their_own_and_those_of_users(api: Client, alice: Person, root: Person, carol: Person) -> None:
    of_alice, of_root, of_carol = delays(alice, 1), delays(root, 1), delays(carol, 1)
    assert listed(api, root) == [*of_root, *of_alice]
    assert listed(api, root, f"owner={alice.id}") == of_alice
    assert listed(api, root, f"owner={carol.id}") == []
    assert listed(api, alice, f"owner={root.id}") == []
    assert listed(api, carol) == [*of_carol, *of_alice]


def test_filters_must_all_fit(api: Client, root: Person) -> None:
    (delay,) = delays(root, 1)
    queued, running, ended = [Task.submit(NewJavaScript(code="1"), by=root.as_actor()).id for _ in range(3)]
    for task_id in (running, ended):
        assert Task.claim(task_id) is not None
    mine = Task.by_id.find(ended)
    assert mine is not None and mine.finish(b"1", [])
    assert listed(api, root, "type=javascript") == [ended, running, queued]
    assert listed(api, root, "status=queued") == [queued, delay]
    assert listed(api, root, "status=queued&type=delay") == [delay]
    assert listed(api, root, "status=succeeded") == [ended]
    assert listed(api, root, "status=failed") == []


@pytest.mark.parametrize("query", ["status=ended", "type=sleep", "owner=alice", "owner=0", "deleted=only", "q=a"])
def test_a_filter_that_is_none_is_named(api: Client, root: Person, query: str) -> None:
    refusal = api.get(f"/tasks?{query}", headers=root.headers, status=400)
    assert [each["field"] for each in refusal.json["errors"]] == [query.partition("=")[0]]


def test_a_page_of_heavy_tasks_ends_early_and_loses_none(api: Client, root: Person) -> None:
    """Two hundred results of a megabyte each are no answer."""
    large = b'"' + b"x" * (1024 * 1024 - 2) + b'"'
    heavy = [Task.submit(NewJavaScript(code="1"), by=root.as_actor()).id for _ in range(9)]
    light = delays(root, 2)
    for task_id in heavy:
        mine = Task.claim(task_id)
        assert mine is not None and mine.finish(large, [])
    first = api.get("/tasks", headers=root.headers, status=200)
    assert len(first.body) < HEAVIEST_PAGE * 1.1
    assert [task["id"] for task in first.json["items"][:2]] == light[::-1]
    assert 1 < len(first.json["items"]) < 11
    for query in ("", "limit=1", "limit=2", "limit=3", "limit=7"):
        assert listed(api, root, query) == [*light[::-1], *heavy[::-1]]


def test_a_task_that_is_erased_while_a_page_is_read_is_missing_and_no_other(
    api: Client, root: Person, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, gone = delays(root, 2), delays(alice, 3)
    read = PreparedRow.all

    def erase_first(self: Any, query: Any) -> Any:
        Task.delete().where(Task.id.in_(gone)).execute()
        return read(self, query)

    monkeypatch.setattr(PreparedRow, "all", erase_first)
    page = api.get("/tasks?limit=2", headers=root.headers, status=200).json
    assert page["items"] == []
    rest = api.get(page["next"], headers=root.headers, status=200).json["items"]
    assert [task["id"] for task in rest] == kept[::-1]


def test_one_task_that_is_too_heavy_for_a_page_is_a_page(
    api: Client, root: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.task.reading.HEAVIEST_PAGE", 10)
    ids: Any = [Task.submit(NewJavaScript(code="x" * 20), by=root.as_actor()).id for _ in range(3)]
    assert listed(api, root) == ids[::-1]
    assert len(api.get("/tasks", headers=root.headers).json["items"]) == 1
