"""Defects that people report and delete, and what must be true of the notices of them: in SQL, and by who was told."""

from collections.abc import Iterable
from typing import Any

from tests.chaos.house import House
from tests.chaos.invariants import check_integrity, unexpected
from tests.chaos.load import Line, Said
from tests.services.counter import CounterServer
from tests.services.databases import Ask
from tests.services.processes import wait_until

# Each finds what must not be.
FAULTS = {
    "not delivered": "SELECT id, status, last_error FROM notification WHERE status <> 'delivered'",
    "delivered, with something left to do": """
        SELECT id FROM notification WHERE status = 'delivered'
        AND (delivered_at IS NULL OR next_attempt_at IS NOT NULL OR send_at IS NOT NULL OR attempts < 1)
    """,
    "audited, but without one notice": """
        SELECT entry.object_id, entry.action, count(notice.id) FROM audit_entry AS entry
        LEFT JOIN notification AS notice
        ON CAST(notice.defect_id AS TEXT) = entry.object_id AND notice.user_id = entry.user_id
        AND notice.request_id = entry.request_id
        AND notice.action = CASE entry.action WHEN 'destroy' THEN 'delete' ELSE entry.action END
        WHERE entry.model = 'defect' AND entry.action IN ('create', 'destroy')
        GROUP BY entry.object_id, entry.action HAVING count(notice.id) <> 1
    """,
    "more notices than entries": """
        SELECT count(*) FROM audit_entry WHERE model = 'defect' AND action IN ('create', 'destroy')
        HAVING count(*) < (SELECT count(*) FROM notification)
    """,
    "neither there nor deleted, or both": """
        SELECT made.defect_id FROM notification AS made WHERE made.action = 'create'
        AND EXISTS (SELECT 1 FROM defect WHERE defect.id = made.defect_id)
        = EXISTS (SELECT 1 FROM notification AS gone WHERE gone.defect_id = made.defect_id AND gone.action = 'delete')
    """,
}


def newcomer(house: House, name: str) -> tuple[int, str]:
    """Somebody's id and token."""
    said = house.ask("POST", "/user", {"username": name, "password": f"{name}'s long password"})
    assert said.status == 201
    return said.json["id"], house.log_in(name, f"{name}'s long password")


def report(line: Line) -> Said:
    """Report a defect."""
    said = line.ask("POST", "/api/defects", {"comment": "It leaks."})
    assert said.status == 201, said
    return said


def withdraw(line: Line, defect_id: int) -> Said:
    """Delete it."""
    said = line.ask("DELETE", f"/api/defects/{defect_id}")
    assert said.status == 204, said
    return said


def undelivered(ask: Ask) -> int:
    """How many notices have not arrived."""
    return int(ask("SELECT count(*) FROM notification WHERE status <> 'delivered'")[0][0])


def wait_for_all(ask: Ask, *, seconds: float) -> None:
    """Wait until each has arrived."""
    try:
        wait_until(lambda: undelivered(ask) == 0, seconds=seconds, what="every notice has arrived")
    except AssertionError as error:
        error.add_note(str(ask("SELECT * FROM notification WHERE status <> 'delivered' LIMIT 20")))
        raise


def check(house: House, counter: CounterServer, *, reported: Iterable[int], deleted: Iterable[int]) -> None:
    """Assert that what was acknowledged was told, and nothing else, in order for each defect."""
    ask = house.ask_database
    assert {fault: found for fault, sql in FAULTS.items() if (found := ask(sql))} == {}
    promised = sorted([(each, "create") for each in reported] + [(each, "delete") for each in deleted])
    assert sorted(ask("SELECT defect_id, action FROM notification")) == promised
    assert told(ask, counter) == promised
    check_integrity(ask)
    assert unexpected(house.log() + house.crew.log()) == []


def told(ask: Ask, counter: CounterServer) -> list[tuple[int, str]]:
    """The defects and actions that the counter server has heard of, each with its own body, and in order."""
    notices = {row[0]: row[1:] for row in ask("SELECT key, defect_id, action, user_id, request_id FROM notification")}
    heard: dict[tuple[int, str], Any] = {}
    for request in counter.received:
        defect, action, user, request_id = notices[request.key]
        assert request.body == f'{{"user": {user}, "action": "{action}"}}'.encode()
        assert request.headers["X-Request-ID"] == request_id
        assert action == "create" or (defect, "create") in heard, "a create comes before its delete"
        heard[defect, action] = request
    return sorted(heard)
