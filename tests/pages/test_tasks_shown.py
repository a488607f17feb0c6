"""What came of a task, and which tasks there are."""

import pytest

from models.task import Task
from models.task_kinds import NewDelay, Status
from tests.pages.browser import Browser, buttons, typed
from tests.pages.reading import code, column, faults, ids, text
from tests.pages.things import task
from tests.people import Person

LIST = "/admin/tasks"
FAILURE = {
    "code": "thrown",
    "name": "TypeError",
    "message": "x is no function",
    "stack": "TypeError: x\n    at <main>:1:2",
}


def delay(by: Person) -> str:
    return str(Task.submit(NewDelay(seconds=600), by=by.as_actor()).id)


def test_a_result_is_shown(roots: Browser, root: Person) -> None:
    for result, shown in (
        ('{"a":[1,"b"]}', '{\n  "a": [\n    1,\n    "b"\n  ]\n}'), ("null", "null"), ('"x\\ny"', '"x\\ny"'),
        ("1e400", "1e400"), ("12345678901234567890123", "12345678901234567890123"), ("1.0", "1.0"),
    ):  # fmt: skip
        page = roots.get(f"{LIST}/{task(root, Status.SUCCEEDED, result=result)}")
        assert code(page, "Result") == shown
        assert buttons(page) == ["Log out"] and not page.html.find(attrs={"data-watch": True})


@pytest.mark.parametrize("result", ["[" * 5000 + "]" * 5000, '{"a":' * 2000 + "1" + "}" * 2000, f'"{"x" * 2**20}"'])
def test_a_result_that_is_deep_or_long_is_shown_too(roots: Browser, root: Person, result: str) -> None:
    page = roots.get(f"{LIST}/{task(root, Status.SUCCEEDED, result=result)}", status=200)
    assert len(code(page, "Result")) < 128 * 1024


def test_an_error_is_shown_with_its_stack(roots: Browser, root: Person) -> None:
    page = roots.get(f"{LIST}/{task(root, Status.FAILED, error=FAILURE)}")
    assert "TypeError thrown: x is no function" in text(page.html.main)
    assert code(page, "Error") == FAILURE["stack"]
    bare = roots.get(f"{LIST}/{task(root, Status.FAILED, error=FAILURE | {'stack': ''})}")
    assert "TypeError thrown: x is no function" in text(bare.html.main)


def test_what_the_code_said_is_shown_line_by_line(roots: Browser, root: Person) -> None:
    said = [{"level": "log", "text": "one\ntwo"}, {"level": "error", "text": ""}, {"level": "warn", "text": "  x"}]
    page = roots.get(f"{LIST}/{task(root, Status.RUNNING, logs=said)}")
    lines = [
        {"level": line.find(class_="level").get_text(), "text": line.find(class_="text").get_text()}
        for line in page.html.select("ol.logs li")
    ]
    assert lines == said


def test_the_list_has_filters(roots: Browser, root: Person, alice: Person) -> None:
    mine, over, hers = delay(root), task(root, Status.FAILED), delay(alice)
    for asked, found in (
        ({}, [hers, over, mine]), ({"status": "queued"}, [hers, mine]), ({"type": "javascript"}, [over]),
        ({"owner": str(alice.id)}, [hers]), ({"owner": str(alice.id), "status": "failed"}, []), ({"owner": "4711"}, []),
        ({"status": "cancelling"}, []),
    ):  # fmt: skip
        page = roots.send(roots.get(LIST), "Filter", 200, **asked)
        assert ids(page) == found, asked
        assert typed(page, "Filter") == {"status": "", "type": "", "owner": ""} | asked
        assert ("No task fits these filters." in page.text) == (not found)
    assert column(roots.get(LIST), "Status") == ["queued", "failed", "queued"]


@pytest.mark.parametrize("query", ["status=lost", "type=shell", "owner=root", "owner=0", "status=queued&status=failed"])
def test_a_filter_that_is_wrong_is_marked(roots: Browser, query: str) -> None:
    page = roots.get(f"{LIST}?{query}", status=400)
    assert faults(page).keys() == {query.partition("=")[0]}


def test_whoever_demotes_an_admin_is_shown_their_tasks(roots: Browser, carol: Person) -> None:
    task_id = delay(carol)
    roots.do(roots.get(f"/admin/users/{carol.id}"), "Save", role="user")
    assert ids(roots.get(LIST)) == [task_id]
