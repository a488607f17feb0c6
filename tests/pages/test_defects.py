"""Defects, reported, changed and deleted on pages."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.pages.browser import SITE, Browser, form_with, typed
from tests.pages.reading import column, facts, faults, ids, links, refusal, text, told
from tests.pages.things import report
from tests.people import Person
from tests.security.rows import rows

NEW, LIST = "/admin/defects/new", "/admin/defects"


def test_whoever_reports_a_defect_is_its_creator(roots: Browser, root: Person) -> None:
    before = datetime.now(UTC)
    page = roots.do(roots.get(NEW), "Report it", comment="It leaks.\nBadly.")
    (made,) = rows("defect")
    assert (page.request.path, told(page)) == (f"{LIST}/{made['id']}", f"Defect {made['id']} is reported.")
    assert (made["comment"], made["user_id"]) == ("It leaks.\nBadly.", root.id)
    assert facts(page)["Reported by"] == "root"
    assert before.isoformat()[:10] in facts(page)["Seen"]
    assert told(roots.get(page.request.path)) is None, "it is told once"


def test_each_beginning_and_end_has_its_notice(roots: Browser) -> None:
    page = roots.do(roots.get(NEW), "Report it", comment="It leaks.")
    notices = roots.get(links(page)["Its notices"])
    assert column(notices, "Of") == [f"create of defect {rows('defect')[0]['id']}"]
    deletion = roots.get(links(page)["Delete…"])
    assert told(roots.do(deletion, "Delete it")) == f"Defect {rows('notification')[0]['defect_id']} is deleted."
    assert [row["action"] for row in rows("notification")] == ["create", "delete"]
    assert rows("defect") == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-02-28 13:30", "2026-02-28 13:30:00"),
        (" 2026-02-28T13:30:15.5 ", "2026-02-28 13:30:15.500000"),
        ("2026-02-28T13:30+02:00", "2026-02-28 11:30:00"),
        ("2026-02-28", "2026-02-28 00:00:00"),
        ("2026-02-28T13:30Z", "2026-02-28 13:30:00"),
        ("2026-02-28T13:30+00:00:30", "2026-02-28 13:29:30"),
        ("1990-12-31 23:59:60", "1990-12-31 23:59:59.999999"),
    ],
)
def test_a_time_is_in_utc_unless_it_says_otherwise(roots: Browser, given: str, kept: str) -> None:
    page = roots.do(roots.get(NEW), "Report it", comment="It leaks.", timestamp=given)
    assert typed(page, "Save")["timestamp"] == kept
    assert page.html.find("dl").find("time")["datetime"] == f"{kept.replace(' ', 'T')}+00:00"


@pytest.mark.parametrize("given", [
    "yesterday", "13:30", "2026-02-30", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "\0", "٢٠٢٦-٠٢-٢٨",
])  # fmt: skip
def test_a_time_that_is_none_is_said_to_be(roots: Browser, given: str) -> None:
    page = roots.send(roots.get(NEW), "Report it", 400, comment="It leaks.", timestamp=given)
    assert faults(page).keys() == {"timestamp"}
    assert typed(page, "Report it") == {"comment": "It leaks.", "timestamp": given}


@pytest.mark.parametrize("comment", ["", " \n\t", "x" * 10_001, "a\0b"])
def test_a_comment_that_says_nothing_or_too_much_is_refused_beside_it(roots: Browser, comment: str) -> None:
    page = roots.send(roots.get(NEW), "Report it", 400, comment=comment, timestamp="2026-02-28")
    assert faults(page).keys() == {"comment"}
    assert typed(page, "Report it") == {"comment": comment, "timestamp": "2026-02-28"}
    assert rows("defect") == []


def test_a_form_that_is_sent_twice_reports_one_defect(roots: Browser) -> None:
    form = roots.get(NEW)
    pages = [roots.do(form, "Report it", comment="It leaks.") for _ in range(2)]
    assert pages[0].request.path == pages[1].request.path
    assert (len(rows("defect")), len(rows("notification"))) == (1, 1)


def test_the_creator_can_t_be_chosen(roots: Browser, alice: Person) -> None:
    fields = dict(form_with(roots.get(NEW), "Report it").submit_fields()) | {"comment": "x", "user": str(alice.id)}
    page = roots.post(NEW, fields, headers={"Origin": SITE}, status=400)
    assert "user: There is no such field here." in refusal(page)


def test_an_admin_changes_anybody_s_defect_but_not_whose_it_is(roots: Browser, alice: Person, app: Any) -> None:
    defect_id = report(app, alice)
    page = roots.get(f"{LIST}/{defect_id}")
    page = roots.do(page, "Save", comment="It leaks more.", timestamp="2026-02-28 13:30")
    assert (page.request.path, told(page)) == (f"{LIST}/{defect_id}", f"Defect {defect_id} is changed.")
    assert (facts(page)["Seen"], facts(page)["Reported by"]) == ("2026-02-28 13:30:00 UTC", "alice")
    assert text(page.html.find("p", class_="text")) == "It leaks more."
    roots.do(page, "Save", timestamp="")
    assert rows("defect")[0]["comment"] == "It leaks more."


@pytest.mark.parametrize("comment", ["\n\nIt leaks.\n\n", "  It\tleaks.  ", "é\u2028\x0b\x7f\uffff", "\ufeffIt leaks"])
def test_what_is_saved_as_it_was_shown_stays_as_it_was(roots: Browser, root: Person, app: Any, comment: str) -> None:
    report(app, root, comment)
    before, entries = rows("defect"), len(rows("audit_entry"))
    roots.do(roots.get(f"{LIST}/{before[0]['id']}"), "Save")
    assert before[0]["comment"] == comment
    assert (rows("defect"), len(rows("audit_entry"))) == (before, entries)


def test_two_who_change_the_same_do_not_undo_each_other_unseen(
    roots: Browser, carols: Browser, root: Person, app: Any
) -> None:
    address = f"{LIST}/{report(app, root)}"
    mine, others = roots.get(address), carols.get(address)
    carols.do(others, "Save", comment="It is mended.")
    page = roots.send(mine, "Save", 412, comment="It leaks more.")
    assert refusal(page).startswith("It has changed since you opened this page.")
    assert text(page.html.find("p", class_="text")) == "It is mended."
    assert typed(page, "Save")["comment"] == "It leaks more."
    roots.do(page, "Save")
    assert rows("defect")[0]["comment"] == "It leaks more."


def test_none_but_the_creator_deletes_a_defect(roots: Browser, alice: Person, carol: Person, app: Any) -> None:
    for other in (alice, carol):
        address = f"{LIST}/{report(app, other)}"
        page = roots.get(address)
        assert "Delete…" not in links(page)
        assert "Only its creator may delete it." in text(page.html.main)
        roots.get(f"{address}/delete", status=403)
        given = {"csrf_token": roots.csrf_token}
        answer = roots.post(f"{address}/delete", given, headers={"Origin": SITE}, status=403)
        assert "Only its creator may delete a defect." in text(answer.html.main)
    assert len(rows("defect")) == 2


def test_a_defect_that_is_gone_is_404(roots: Browser, root: Person, app: Any) -> None:
    address = f"{LIST}/{report(app, root)}"
    page, deletion = roots.get(address), roots.get(f"{address}/delete")
    roots.do(deletion, "Delete it")
    for again in (
        roots.send(deletion, "Delete it", 404),
        roots.send(page, "Save", 404),
        roots.get(address, status=404),
    ):
        assert again.html.h1.get_text() == "Not found"


def test_the_list_has_filters(roots: Browser, alice: Person, root: Person, app: Any) -> None:
    leak, noise = report(app, alice, "It LEAKS 100%_."), report(app, root, "It is loud.")
    for asked, found in (
        ({}, [noise, leak]), ({"q": "leaks"}, [leak]), ({"q": "%_"}, [leak]), ({"q": "it"}, [noise, leak]),
        ({"user": str(root.id)}, [noise]), ({"user": str(root.id), "q": "leaks"}, []), ({"user": "4711"}, []),
    ):  # fmt: skip
        page = roots.send(roots.get(LIST), "Filter", 200, **asked)
        assert ids(page) == [str(each) for each in found], asked
        assert typed(page, "Filter") == {"q": "", "user": ""} | asked
        assert ("No defect fits these filters." in page.text) == (not found)
    assert column(roots.get(LIST), "Reported by") == ["root", "alice"]


@pytest.mark.parametrize("query", ["user=0", "user=alice", f"user={2**63}", "user=1&user=2", f"q={'x' * 255}", "q=%00"])
def test_a_filter_that_is_wrong_is_marked(roots: Browser, query: str) -> None:
    page = roots.get(f"{LIST}?{query}", status=400)
    assert faults(page).keys() == {query.partition("=")[0]}
    assert "No defect fits" not in page.text


def test_whose_defects_they_are_is_shown_to_admins_though_that_user_is_deleted(
    roots: Browser, alice: Person, root: Person, app: Any
) -> None:
    defect_id = report(app, alice)
    alice.user.deactivate(by=root.as_actor())
    assert column(roots.get(LIST), "Reported by") == ["alice"]
    assert facts(roots.get(f"{LIST}/{defect_id}"))["Reported by"] == "alice"
