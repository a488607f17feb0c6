"""Defects that people report and delete, and what must be true of the notices of them: in SQL, and by who was told."""

from collections.abc import Iterable
from typing import Any

from tests.chaos.house import House
from tests.chaos.invariants import unexpected
from tests.chaos.load import Line, Said
from tests.services.counter import CounterServer
from tests.services.databases import Ask
from tests.services.processes import wait_until


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
    """Assert that what was acknowledged was told, and nothing else, in order for each defect.

    What must be true at any moment is asked by the house, at its end.
    """
    check_told(house.ask_database, counter, reported=reported, deleted=deleted)
    assert unexpected(house.log() + house.crew.log()) == []


def check_told(ask: Ask, counter: CounterServer, *, reported: Iterable[int], deleted: Iterable[int]) -> None:
    """The same, whatever was logged meanwhile."""
    assert undelivered(ask) == 0
    promised = sorted([(each, "create") for each in reported] + [(each, "delete") for each in deleted])
    assert sorted(ask("SELECT defect_id, action FROM notification")) == promised
    assert told(ask, counter) == promised


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
