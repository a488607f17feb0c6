"""The first page: what waits, what has failed, and who was not let in."""

import uuid
from typing import Any

from models import presence, refusals
from models.task import Task
from models.task_kinds import NewDelay, Status
from resources.admin import start
from tests.pages.browser import ENTRANCE, Browser
from tests.pages.reading import column, facts, ids, links, text
from tests.pages.things import fail, report, task
from tests.people import Person
from tests.security.rows import rows

NUMBERS = {"queued": 3, "running": 2, "cancelling": 1, "succeeded": 0, "failed": 4, "cancelled": 2}


def counts(browser: Browser) -> dict[str, str]:
    """What the page counts, by status; each number says again which."""
    return {status: said.removesuffix(f" {status}") for status, said in facts(browser.get("/admin")).items()}


def test_at_first_there_is_nothing(roots: Browser) -> None:
    page = roots.get("/admin")
    assert set(counts(roots).values()) == {"0"}
    said = text(page.html.main)
    assert "Nothing waits." in said and "None." in said
    assert "Workers seen within 15 seconds: 0: nothing but delays will end" in said


def test_tasks_are_counted_by_status_and_lead_to_those(
    roots: Browser, root: Person, alice: Person, carol: Person
) -> None:
    for status, number in NUMBERS.items():
        for _ in range(number):
            task(root, Status(status))
    Task.submit(NewDelay(seconds=600), by=alice.as_actor())
    task(carol, Status.FAILED)
    shown = counts(roots)
    assert {status: shown[status] for status in Status if status != "failed"} == {
        status: str(number + (status == "queued")) for status, number in NUMBERS.items() if status != "failed"
    }
    page = roots.get("/admin")
    for status in Status:
        listed = roots.get(page.html.find("a", href=f"/admin/tasks?status={status}")["href"])
        assert len(ids(listed)) == NUMBERS[status] + (status == "queued")


def test_notices_are_counted_by_status(roots: Browser, root: Person, app: Any) -> None:
    for _ in range(3):
        report(app, root)
    fail(rows("notification")[0]["id"])
    page = roots.get("/admin")
    panel = page.html.find("section", attrs={"aria-labelledby": "notices"})
    found = {text(each): text(each.find_next_sibling("dd")) for each in panel.find_all("dt")}
    assert found == {"pending": "2 pending", "failed": "1 failed"}
    assert len(ids(roots.get(panel.find("a", href="/admin/notifications?status=failed")["href"]))) == 1


def test_a_number_that_is_too_large_to_count_is_said_to_be(roots: Browser, root: Person, monkeypatch: Any) -> None:
    monkeypatch.setattr(start, "COUNTED_AT_MOST", 2)
    for number in (2, 1):
        for _ in range(number):
            task(root, Status.QUEUED)
        expected = "2" if number == 2 else "more than 2"
        assert counts(roots)["queued"] == expected


def test_the_oldest_that_waits_is_named(roots: Browser, root: Person, carol: Person, alice: Person) -> None:
    task(carol, Status.QUEUED)
    task(root, Status.RUNNING)
    oldest = Task.submit(NewDelay(seconds=600), by=alice.as_actor())
    task(root, Status.QUEUED)
    page = roots.get("/admin")
    assert links(page)["delay"] == f"/admin/tasks/{oldest.id}"
    assert page.html.find("time")["datetime"] == oldest.created_at.isoformat()


def test_workers_are_counted(roots: Browser) -> None:
    for name in ("one", "two"):
        presence.announce(name)
    said = text(roots.get("/admin").html.main)
    assert "Workers seen within 15 seconds: 2" in said and "nothing but delays" not in said


def test_who_was_not_let_in_is_listed_without_what_they_typed(roots: Browser, alice: Person, app: Any) -> None:
    stranger, secret = Browser(app), f"secret{uuid.uuid4().hex}"
    for name in ("alice", secret, "root", "ALICE"):
        stranger.send(stranger.get(ENTRANCE), "Log in", 401, username=name, password=secret)
    page = roots.get("/admin")
    assert column(page, "To") == ["alice", "root", "a name that nobody has", "alice"]
    assert set(column(page, "From")) == {"127.0.0.1"}
    assert secret not in page.text
    assert links(page)["alice"] == f"/admin/users/{alice.id}"


def test_of_the_refused_the_last_twenty_are_kept(roots: Browser, alice: Person, root: Person) -> None:
    for number in range(25):
        refusals.note(user_id=None if number < 6 else alice.id, address=f"192.0.2.{number}")
    page = roots.get("/admin")
    assert column(page, "From") == [f"192.0.2.{number}" for number in range(24, 4, -1)]
    assert column(page, "To")[-1] == "a name that nobody has"
    alice.user.erase(by=root.as_actor())
    assert column(roots.get("/admin"), "To")[0] == f"{alice.id}, erased"


def test_each_part_of_the_site_is_a_click_away(roots: Browser) -> None:
    page = roots.get("/admin")
    for name in ("Users", "Defects", "Tasks", "Notices", "Audit"):
        there = roots.get(links(page)[name], status=200)
        assert text(there.html.find("a", attrs={"aria-current": "page"})) == name
