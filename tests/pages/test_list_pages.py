"""Lists of more than fifty, followed by their links: everything once, under the same filters."""

from collections.abc import Callable
from typing import Any

import pytest

from models.account import NewAccount
from models.audit import Action, AuditEntry
from models.defect import Defect
from models.defect_document import NewDefect
from models.task import Task
from models.task_kinds import NewDelay
from models.user import User
from tests.pages.browser import Browser, typed
from tests.pages.reading import ids, links
from tests.people import Person

# Two full pages, and one item more.
NUMBER = 101


def users(by: Person) -> list[Any]:
    body = NewAccount(username="findme", password="a long password of findme")
    copied = {name: value for name, value in User.sign_up(body, address="192.0.2.1").__data__.items() if name != "id"}
    names = [f"findme.{number}" for number in range(NUMBER - 1)]
    User.insert_many([copied | {"username": name, "username_key": name} for name in names]).execute()
    return [user.id for user in User.select().where(User.username.startswith("findme")).order_by(User.id)]


def defects(by: Person) -> list[Any]:
    return [Defect.report(NewDefect(comment="findme, 100% & more"), by=by.as_actor()).id for _ in range(NUMBER)][::-1]


def tasks(by: Person) -> list[Any]:
    return [Task.submit(NewDelay(seconds=600), by=by.as_actor()).id for _ in range(NUMBER)][::-1]


def notices(by: Person) -> list[Any]:
    defects(by)
    return list(range(NUMBER, 0, -1))


def entries(by: Person) -> list[Any]:
    made = [
        AuditEntry.create(user_id=by.id, model="defect", object_id="7", action=Action.UPDATE, changes={}).id
        for _ in range(NUMBER)
    ]
    return made[::-1]


LISTS: dict[str, tuple[Callable[[Person], list[Any]], dict[str, str]]] = {
    "/admin/users": (users, {"q": "FINDME", "role": "user", "deleted": "include"}),
    "/admin/defects": (defects, {"q": "100% & MORE", "user": "1"}),
    "/admin/tasks": (tasks, {"status": "queued", "type": "delay", "owner": "1"}),
    "/admin/notifications": (notices, {"status": "pending", "user": "1"}),
    "/admin/audit": (entries, {"object_id": "7", "since": "2026-01-01 13:30", "until": "2999-01-01T00:00+02:00"}),
}


@pytest.mark.parametrize("path", LISTS)
def test_next_page_leads_through_all_that_fits_once(roots: Browser, root: Person, path: str) -> None:
    make, asked = LISTS[path]
    wanted = [str(each) for each in make(root)]
    page, seen, pages = roots.send(roots.get(path), "Filter", 200, **asked), list[str](), 0
    while True:
        assert typed(page, "Filter") == typed(roots.get(path), "Filter") | asked
        seen, pages = seen + ids(page), pages + 1
        if "Next page" not in links(page):
            break
        page = roots.get(links(page)["Next page"], status=200)
    assert (seen, pages) == (wanted, 3)


@pytest.mark.parametrize("path", LISTS)
def test_first_page_leads_back_under_the_same_filters(roots: Browser, root: Person, path: str) -> None:
    make, asked = LISTS[path]
    make(root)
    first = roots.send(roots.get(path), "Filter", 200, **asked)
    assert "First page" not in links(first)
    second = roots.get(links(first)["Next page"])
    again = roots.get(links(second)["First page"])
    assert (ids(again), typed(again, "Filter")) == (ids(first), typed(first, "Filter"))


def test_new_filters_begin_with_the_first_page(roots: Browser, root: Person) -> None:
    make, asked = LISTS["/admin/tasks"]
    wanted = make(root)
    second = roots.get(links(roots.send(roots.get("/admin/tasks"), "Filter", 200, **asked))["Next page"])
    page = roots.send(second, "Filter", 200, status="", type="delay", owner="")
    assert ids(page) == wanted[:50] and "First page" not in links(page)


def test_a_list_that_fits_a_page_has_no_links_to_others(roots: Browser, root: Person) -> None:
    for _ in range(50):
        Task.submit(NewDelay(seconds=600), by=root.as_actor())
    assert "Next page" not in links(roots.get("/admin/tasks"))
    Task.submit(NewDelay(seconds=600), by=root.as_actor())
    second = roots.get(links(roots.get("/admin/tasks"))["Next page"])
    assert len(ids(second)) == 1 and "Next page" not in links(second)
    assert "Next page" not in links(roots.get("/admin/tasks?limit=51"))


@pytest.mark.parametrize("path", LISTS)
def test_a_page_beyond_the_last_is_empty(roots: Browser, path: str) -> None:
    cursor = 2**62 if path == "/admin/users" else 0
    page = roots.get(f"{path}?cursor={cursor}", status=200)
    assert ids(page) == [] and "fits these filters." in page.text


@pytest.mark.parametrize("path", LISTS)
def test_a_parameter_that_is_wrong_or_unknown_is_named(roots: Browser, path: str) -> None:
    wrong = [
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=x",
        f"cursor={2**63}",
        "nonsense=1",
        "limit=1&limit=2",
        "count=2",
    ]
    for query in (*wrong, "<b>=1"):
        page = roots.get(f"{path}?{query}", status=400)
        assert page.html.find(class_="refusal").find("strong").get_text() == query.partition("=")[0]
        assert roots.send(page, "Filter", 200)
