"""Every list and every thing is shown with the command that asks the API for the same."""

import subprocess
from typing import Any

import pytest

from models.task_kinds import Status
from tests.client import Client
from tests.pages.browser import Browser
from tests.pages.places import TO_LOOK_AT
from tests.pages.reading import asked_with_curl, ids
from tests.pages.things import Things, report, task
from tests.people import Person

LISTS = ["/admin/audit", "/admin/defects", "/admin/notifications", "/admin/tasks", "/admin/users"]
# Pages of no one thing, and of nothing but a form.
WITHOUT = {path for path in TO_LOOK_AT if path.endswith(("/new", "/delete", "/password"))} | {"/admin"}
QUERIES = {
    "/admin/users": ["q=ali", "role=admin", "deleted=include", "deleted=only&role=user&q=", "limit=1"],
    "/admin/defects": ["q=leaks", "user=3", "q=%27%22%24%28id%29+%26%25%2B", "limit=1&cursor=2"],
    "/admin/tasks": ["status=queued", "type=delay", "owner=3&status=&type=javascript"],
    "/admin/notifications": ["status=failed", "defect=1", "user=3", "request_id=req-1"],
    "/admin/audit": ["model=defect&object_id=1", "since=2026-02-28+13:30", "until=2999-01-01T00:00%2B02:00",
                     "user=3&action=create", "request_id=req-1", "limit=2"],
}  # fmt: skip


def identified(answer: Any) -> list[str]:
    """The ids in what the API answers."""
    return [str(item["id"]) for item in answer.get("items", [answer])]


@pytest.mark.parametrize("path", TO_LOOK_AT)
def test_the_command_of_a_page_asks_for_what_it_shows(
    api: Client, roots: Browser, things: Things, root: Person, path: str
) -> None:
    page = roots.get(things.address(path))
    asked = asked_with_curl(page)
    assert (asked is None) == (path in WITHOUT)
    if asked is not None:
        answer = api.get(asked, headers=root.headers, status=200)
        shown = ids(page) if path in LISTS else [things.address(path).rpartition("/")[2]]
        if path == "/admin/requests/{request_id}":
            shown = [link["href"].rpartition("/")[2] for link in page.html.select('tbody a[href^="/admin/audit/"]')]
        assert identified(answer.json) == shown != []


def test_every_list_is_asked() -> None:
    assert sorted(QUERIES) == LISTS and set(LISTS) <= set(TO_LOOK_AT)


@pytest.mark.parametrize("path", LISTS)
def test_the_command_of_a_list_has_its_filters(
    api: Client, roots: Browser, things: Things, root: Person, app: Any, path: str
) -> None:
    report(app, root, "It leaks, too.")
    task(root, Status.FAILED)
    for query in QUERIES[path]:
        page = roots.get(f"{path}?{query}", status=200)
        asked = asked_with_curl(page)
        assert asked is not None
        answer = api.get(asked, headers=root.headers, status=200)
        assert identified(answer.json) == ids(page), query
        following = page.html.find("a", rel="next")
        assert (following is None) == (answer.json["next"] is None), query


def test_the_command_of_one_who_is_deleted_asks_for_them(
    api: Client, roots: Browser, bob: Person, root: Person
) -> None:
    bob.user.deactivate(by=root.as_actor())
    asked = asked_with_curl(roots.get(f"/admin/users/{bob.id}", status=200))
    assert api.get(asked, headers=root.headers, status=200).json["id"] == bob.id


@pytest.mark.parametrize(
    "hostile", ["'; exit 7; '", "$(exit 7)", "`exit 7`", '"; exit 7 #', "\\'; exit 7 #", "a b&c|d"]
)
def test_a_shell_runs_nothing_but_the_command(browser: Browser, root: Person, hostile: str) -> None:
    filtered = browser.get("/admin/defects", {"q": hostile}, headers=root.headers, status=200)
    command = filtered.html.select_one("details.curl code").get_text()
    ran = subprocess.run(["sh", "-euc", f"curl() {{ echo ran $#; }}; TOKEN=x; {command}"], capture_output=True)
    assert (ran.returncode, ran.stdout) == (0, b"ran 3\n")
    browser.get("/admin/defects", headers=root.headers | {"Host": f"x{hostile}"}, status=400)
