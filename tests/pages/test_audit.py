"""The audit trail: found by filters, entry by entry, and all that one request caused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from models.audit import Action, AuditEntry
from tests.pages.browser import Browser, typed
from tests.pages.reading import column, facts, faults, ids, links, text
from tests.pages.things import report
from tests.people import Person
from tests.security.rows import rows

LIST = "/admin/audit"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def entry(by: int | None, at: datetime = NOON, **fields: Any) -> str:
    """An entry as it would have been written then."""
    told = {"user_id": by, "model": "defect", "object_id": "1", "action": Action.UPDATE, "changes": {}, **fields}
    return str(AuditEntry.create(timestamp=at, **told).id)


def found(browser: Browser, **asked: str) -> list[str]:
    return ids(browser.send(browser.get(LIST), "Filter", 200, **asked))


def test_filters_must_all_fit(roots: Browser, alice: Person, root: Person) -> None:
    hers = entry(alice.id, request_id="req-7")
    gone = entry(root.id, action=Action.DESTROY, object_id="2", request_id="req-7")
    tasks = entry(root.id, model="task", object_id="9d7d43ab-1111-4111-8111-000000000000")
    for asked, fitting in (
        ({"user": str(alice.id), "model": "defect"}, [hers]), ({"model": "defect"}, [gone, hers]),
        ({"action": "destroy"}, [gone]), ({"object_id": "2", "model": "defect"}, [gone]), ({"model": "task"}, [tasks]),
        ({"object_id": "9d7d43ab-1111-4111-8111-000000000000"}, [tasks]), ({"request_id": "req-7"}, [gone, hers]),
        ({"request_id": "req-7", "action": "update"}, [hers]), ({"user": "4711"}, []),
    ):  # fmt: skip
        page = roots.send(roots.get(LIST), "Filter", 200, **asked)
        assert ids(page) == fitting, asked
        fields = ("user", "model", "object_id", "action", "since", "until", "request_id")
        assert typed(page, "Filter") == dict.fromkeys(fields, "") | asked
        assert ("No entry fits these filters." in page.text) == (not fitting)


def test_times_are_in_utc_unless_they_say_otherwise(roots: Browser, root: Person) -> None:
    early, late = entry(root.id), entry(root.id, NOON.replace(hour=13))
    for asked, fitting in (
        ({"since": "2026-03-01 12:00"}, [late, early]), ({"since": "2026-03-01 12:00:01"}, [late]),
        ({"since": "2026-03-01T14:00+02:00", "until": "2026-03-01 13:00"}, [early]), ({"until": "2026-03-01"}, []),
        ({"since": "2026-03-01T14:30+02:00"}, [late]), ({"until": "2026-03-01T13:00:00.000001Z"}, [late, early]),
    ):  # fmt: skip
        assert found(roots, model="defect", **asked) == fitting, asked


@pytest.mark.parametrize("query", [
    "since=yesterday", "until=13:30", "user=0", "user=x", "model=x", "action=x", "object_id=%C3%A9", "request_id=%00",
    "since=0001-01-01", "user=1&user=2",
])  # fmt: skip
def test_a_filter_that_is_wrong_is_marked_and_kept(roots: Browser, query: str) -> None:
    page = roots.get(f"{LIST}?{query}", status=400)
    assert faults(page).keys() == {query.partition("=")[0]}
    assert ids(page) == [] and "No entry fits" not in page.text
    if query.startswith(("since", "until")):
        assert typed(page, "Filter")[query[:5]] == query[6:]


@pytest.mark.parametrize("name", ["since", "until"])
def test_a_time_that_comes_twice_is_said_to(roots: Browser, name: str) -> None:
    page = roots.get(f"{LIST}?{name}=2026-03-01&{name}=2026-03-02", status=400)
    assert faults(page) == {name: "Give it once."}


def test_an_entry_shows_each_field_before_and_after(roots: Browser, root: Person, alice: Person) -> None:
    roots.do(roots.get(f"/admin/users/{alice.id}"), "Save", role="admin", email="a@b")
    entry_id = rows("audit_entry")[-1]["id"]
    page = roots.get(f"{LIST}/{entry_id}")
    shown = {text(row.th): tuple(text(cell) for cell in row.find_all("td")) for row in page.html.select("tbody tr")}
    assert shown == {"role": ('"user"', '"admin"'), "email": ("null", '"***"')}
    told = facts(page)
    assert (told["Who"], told["Did what"], told["To which"]) == ("root", "update", f"user {alice.id}")
    assert links(page)["root"] == f"/admin/users/{root.id}"
    everything = roots.get(links(page)["All that was done to it"])
    assert {text(row) for row in everything.html.select('td[data-label="To which"]')} == {f"user {alice.id}"}
    assert str(entry_id) in ids(everything)


def test_an_entry_without_fields_says_so(roots: Browser, root: Person) -> None:
    page = roots.get(f"{LIST}/{entry(None)}")
    assert facts(page)["Who"] == "Aerie itself" and "No field is named." in page.text


def test_whoever_is_erased_leaves_their_id(roots: Browser, alice: Person, root: Person) -> None:
    entry_id = entry(alice.id)
    alice.user.erase(by=root.as_actor())
    assert facts(roots.get(f"{LIST}/{entry_id}"))["Who"] == f"{alice.id}, erased"
    assert f"{alice.id}, erased" in column(roots.get(LIST), "Who")


def test_a_request_shows_all_that_it_caused(roots: Browser, root: Person, app: Any) -> None:
    defect_id = report(app, root, request_id="req-7")
    page = roots.get("/admin/requests/req-7")
    assert (column(page, "To which"), column(page, "Did what")) == ([f"defect {defect_id}"], ["create"])
    assert (column(page, "Of"), column(page, "Status")) == ([f"create of defect {defect_id}"], ["pending"])
    (row,) = [row for row in rows("audit_entry") if row["request_id"] == "req-7"]
    assert links(roots.get(f"{LIST}/{row['id']}"))["req-7"] == "/admin/requests/req-7"
    assert links(roots.get("/admin/notifications/1"))["req-7"] == "/admin/requests/req-7"


def test_a_form_that_is_sent_can_be_found_by_its_request(roots: Browser) -> None:
    answer = roots.send(roots.get("/admin/defects/new"), "Report it", 303, comment="It leaks.")
    page = roots.get(f"/admin/requests/{answer.headers['X-Request-ID']}")
    assert (column(page, "To which"), column(page, "Of")) == (["defect 1"], ["create of defect 1"])


def test_a_request_that_caused_nothing_says_so(roots: Browser) -> None:
    page = roots.get("/admin/requests/req-4711", status=200)
    assert "No entry is of this request." in page.text and "No notice is of this request." in page.text


def test_a_request_that_caused_much_leads_to_all_of_it(roots: Browser, root: Person) -> None:
    for number in range(51):
        entry(root.id, object_id=str(number), request_id="req.7:_-")
    page = roots.get("/admin/requests/req.7:_-", status=200)
    assert len(page.html.select("tbody tr")) == 50
    assert ids(roots.get(links(page)["entries"]))[:50] == ids(page)


@pytest.mark.parametrize("request_id", ["%C3%A9", "%00", "x" * 129, "%0A"])
def test_what_no_request_is_called_is_refused_on_a_page(roots: Browser, request_id: str) -> None:
    assert roots.get(f"/admin/requests/{request_id}").status_int in (400, 404)


@pytest.mark.parametrize("request_id", [".", "..", "...", ":"])
def test_whatever_a_request_may_be_called_its_link_leads_to_its_page(
    roots: Browser, root: Person, app: Any, request_id: str
) -> None:
    """Browsers take dots for a way up."""
    report(app, root, request_id=request_id)
    made = rows("audit_entry")[-1]["id"]
    address = links(roots.get(f"{LIST}/{made}")).get(rows("audit_entry")[-1]["request_id"])
    assert address is not None and address.rpartition("/")[2] not in (".", "..")
