"""Tasks, started and stopped on pages; workers are played by the tests."""

import json

import pytest

from models.task import Task
from models.task_kinds import LARGEST_CODE, NewDelay, Status
from tests.pages.browser import SITE, Browser, buttons, typed
from tests.pages.reading import code, facts, faults, ids, text, told
from tests.pages.things import task
from tests.people import Person
from tests.security.rows import rows

NEW, LIST = "/admin/tasks/new", "/admin/tasks"


def delay(by: Person) -> str:
    return str(Task.submit(NewDelay(seconds=600), by=by.as_actor()).id)


@pytest.mark.parametrize(
    ("given", "seconds"), [("60", 60), (" 1.5 ", 1.5), ("0", 0), ("1e3", 1000.0), ("604800", 604800)]
)
def test_a_delay_is_started(roots: Browser, root: Person, given: str, seconds: float) -> None:
    page = roots.do(roots.get(NEW), "Start the delay", seconds=given)
    (made,) = rows("task")
    assert (page.request.path, told(page)) == (f"{LIST}/{made['id']}", "The task is on its way.")
    assert (made["type"], json.loads(made["params"]), made["owner_id"]) == ("delay", {"seconds": seconds}, root.id)
    found = facts(page)
    assert (found["Status"], found["Owner"], found["Ended"], "Ends at" in found) == ("queued", "root", "–", True)
    assert told(roots.get(page.request.path)) is None, "it is told once"


@pytest.mark.parametrize("given", ["", "soon", "-1", "604801", "1e400", "NaN", "Infinity", "true", "null", "[1]", '"1"',
                                   "9" * 400, "1 2", "\0", "0x10", "01"])  # fmt: skip
def test_seconds_that_are_none_are_said_to_be(roots: Browser, given: str) -> None:
    page = roots.send(roots.get(NEW), "Start the delay", 400, seconds=given)
    assert faults(page).keys() == {"seconds"}
    assert typed(page, "Start the delay")["seconds"] == given
    assert rows("task") == []


@pytest.mark.parametrize("given", ["6*7", "", "\n\n  1\n", "'</textarea>'", "a &amp; b", "x" * LARGEST_CODE])
def test_javascript_is_submitted_as_it_was_typed(roots: Browser, given: str) -> None:
    page = roots.do(roots.get(NEW), "Run it", code=given)
    (made,) = rows("task")
    assert (made["type"], json.loads(made["params"])) == ("javascript", {"code": given})
    assert code(page, "Code").removesuffix("\n… and more; ask the API for all of it.") == given[: 64 * 1024]


@pytest.mark.parametrize("given", ["x" * (LARGEST_CODE + 1), "é" * (LARGEST_CODE // 2 + 1)])
def test_too_much_code_is_refused_beside_its_field(roots: Browser, given: str) -> None:
    page = roots.send(roots.get(NEW), "Run it", 400, code=given)
    assert faults(page).keys() == {"code"}
    assert typed(page, "Run it")["code"] == given


def test_more_than_a_body_may_have_is_refused_on_a_page(roots: Browser) -> None:
    answer = roots.send(roots.get(NEW), "Run it", 413, code="x" * 2**20)
    assert answer.html.h1.get_text() == "Body too large"


def test_a_form_that_is_sent_twice_starts_one_task(roots: Browser) -> None:
    form = roots.get(NEW)
    pages = [roots.do(form, "Start the delay", seconds="60") for _ in range(2)]
    assert pages[0].request.path == pages[1].request.path
    assert len(rows("task")) == 1


def test_a_type_that_there_is_not_is_refused(roots: Browser) -> None:
    given = {"csrf_token": roots.csrf_token, "type": "shell", "code": "id"}
    page = roots.post(NEW, given, headers={"Origin": SITE}, status=400)
    assert "type: Give delay or javascript." in text(page.html.main)


def test_a_task_is_cancelled(roots: Browser, root: Person, alice: Person) -> None:
    for task_id in (delay(root), task(root, Status.QUEUED), delay(alice)):
        page = roots.do(roots.get(f"{LIST}/{task_id}"), "Cancel")
        assert (page.request.path, told(page)) == (f"{LIST}/{task_id}", "The task is cancelled.")
        assert (facts(page)["Status"], facts(page)["Cancelled by"]) == ("cancelled", "root")
        assert "Cancel" not in buttons(page)


def test_a_task_that_somebody_works_on_is_being_stopped(roots: Browser, root: Person) -> None:
    task_id = task(root, Status.RUNNING)
    Task.update(lease_until=Task.started_at).where(Task.id == task_id).execute()
    page = roots.do(roots.get(f"{LIST}/{task_id}"), "Cancel")
    assert (told(page), facts(page)["Status"]) == ("The task is being stopped.", "cancelling")
    assert "Cancel" not in buttons(page)
    assert page.html.find(attrs={"data-watch": f"/tasks/{task_id}"})["data-status"] == "cancelling"


def test_a_task_that_is_cancelled_twice_is_cancelled(roots: Browser, root: Person) -> None:
    page = roots.get(f"{LIST}/{delay(root)}")
    assert [told(roots.do(page, "Cancel")) for _ in range(2)] == ["The task is cancelled."] * 2


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED])
def test_a_task_that_has_ended_meanwhile_can_t_be_stopped(roots: Browser, root: Person, status: Status) -> None:
    task_id = task(root, Status.QUEUED)
    page = roots.get(f"{LIST}/{task_id}")
    Task.update(status=status, finished_at=Task.created_at, send_at=None).where(Task.id == task_id).execute()
    answer = roots.send(page, "Cancel", 409)
    assert "There is nothing to stop; this task has ended." in text(answer.html.main)
    assert roots.back(answer).request.path == f"{LIST}/{task_id}"
    assert rows("task")[0]["status"] == status


def test_another_admin_s_task_is_not_for_one_s_eyes(roots: Browser, carol: Person) -> None:
    address = f"{LIST}/{delay(carol)}"
    assert ids(roots.get(LIST)) == []
    roots.get(address, status=403)
    roots.get(f"{address}/cancel", status=403)
    roots.post(f"{address}/cancel", {"csrf_token": roots.csrf_token}, headers={"Origin": SITE}, status=403)
    assert rows("task")[0]["status"] == "queued"
