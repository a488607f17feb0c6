"""Processes that serve are killed while hundreds of things are written: what was acknowledged is there, and once."""

import http.client
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from typing import Any

import pytest

from tests.chaos import invariants, notices
from tests.chaos.crew import children, kill
from tests.chaos.house import ROOTS_PASSWORD, House
from tests.chaos.load import Line, delay, seeded
from tests.marks import servers_on_postgres, servers_on_sqlite
from tests.services.databases import POSTGRES, SQLITE
from tests.services.postgres import new_database, one_server
from tests.services.processes import wait_until

FEWEST_WRITES, FEWEST_KILLS, LINES = 500, 10, 8
BETWEEN_KILLS = (0.2, 0.8)  # in seconds
DONE_TWICE = {
    "defects": "SELECT comment FROM defect WHERE comment LIKE 'keyed%' GROUP BY comment HAVING count(*) > 1",
    "tasks": "SELECT CAST(params AS TEXT) FROM task GROUP BY CAST(params AS TEXT) HAVING count(*) > 1",
}
AUDITED = "SELECT object_id FROM audit_entry WHERE model = '{}' AND action = 'create'"
ON = [pytest.param(SQLITE, marks=servers_on_sqlite), pytest.param(POSTGRES, marks=servers_on_postgres)]


@pytest.fixture(params=ON)
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    url = {} if request.param == SQLITE else {"DATABASE_URL": new_database(one_server(), "aerie_killed")}
    with House(**url) as running:
        yield running


class Writer:
    """Writes one thing after another over its own line, and keeps what was acknowledged."""

    def __init__(self) -> None:
        self.tasks: list[str] = []
        self.defects: list[int] = []
        self.notes: list[str] = []
        self.unanswered = self.replayed = 0

    @property
    def acknowledged(self) -> int:
        """How many writes."""
        return len(self.tasks) + len(self.defects) + len(self.notes)

    def write(self, line: Line, number: int) -> None:
        """With a key until it is acknowledged, or without one and once."""
        if number % 4 == 0:
            self._insist(line, "/tasks", delay(number), self.tasks)
        elif number % 4 == 1:
            self._insist(line, "/api/defects", {"comment": f"keyed {number}"}, self.defects)
        else:
            try:
                self._try(line, number)
            except (OSError, http.client.HTTPException):
                line.close()
                self.unanswered += 1

    def _insist(self, line: Line, path: str, body: dict[str, object], acknowledged: list[Any]) -> None:
        said = line.insist("POST", path, body, key=f"{body}".replace(" ", ""))
        assert said.status in (201, 202), said
        acknowledged.append(said.json["id"])
        self.replayed += "Idempotent-Replayed" in said.headers

    def _try(self, line: Line, number: int) -> None:
        if number % 4 == 2:
            said = line.ask("POST", "/api/defects", {"comment": f"once {number}"})
            assert said.status == 201, said
            self.defects.append(said.json["id"])
        else:
            said = line.ask("PATCH", "/user/root", {"data": {str(number): number}})
            assert said.status == 200, said
            self.notes.append(str(number))


def test_what_was_acknowledged_is_there_and_what_had_a_key_is_there_once(house: House) -> None:
    """R13"""
    chance, numbers, stop = seeded(), count(), threading.Event()
    token = house.log_in("root", ROOTS_PASSWORD)

    def work(writer: Writer) -> None:
        with closing(Line(house.port, token)) as line:
            while not stop.is_set():
                writer.write(line, next(numbers))

    writers = [Writer() for _ in range(LINES)]
    with ThreadPoolExecutor(LINES) as threads:
        working = [threads.submit(work, writer) for writer in writers]
        try:
            killed = 0
            while killed < FEWEST_KILLS or sum(writer.acknowledged for writer in writers) < FEWEST_WRITES:
                time.sleep(chance.uniform(*BETWEEN_KILLS))
                killed += kill_some(house, chance)
                assert not any(each.done() for each in working), "none of them gives up"
        finally:
            stop.set()
        for each in working:
            each.result()
    print(f"{killed} killed")
    wait_until(house.is_well, what="well again")
    check(house, writers)


def kill_some(house: House, chance: random.Random) -> int:
    """Kill one of those that serve, or all; return how many."""
    serving = wait_until(lambda: children(house.gunicorn.pid), what="somebody to kill")
    dying = chance.sample(serving, chance.randint(1, len(serving)))
    kill(*dying)
    return len(dying)


def check(house: House, writers: list[Writer]) -> None:
    ask = house.ask_database
    tasks, defects, notes = ([each for writer in writers for each in getattr(writer, kind)]
                             for kind in ("tasks", "defects", "notes"))  # fmt: skip
    unanswered = sum(writer.unanswered for writer in writers)
    print(f"{len(tasks)} tasks, {len(defects)} defects, {len(notes)} changes, {unanswered} unanswered,")
    print(f"{sum(writer.replayed for writer in writers)} told what had been done already")
    assert {name: found for name, sql in DONE_TWICE.items() if (found := ask(sql))} == {}
    assert sorted(row[0] for row in ask("SELECT id FROM task")) == sorted(tasks), "each key's answer is of its one task"
    there = {row[0] for row in ask("SELECT id FROM defect")}
    assert set(defects) <= there
    assert len(set(defects)) == len(defects) >= len(there) - unanswered
    for model, ids in (("task", tasks), ("defect", there)):
        assert sorted(row[0] for row in ask(AUDITED.format(model))) == sorted(map(str, ids))
    data = house.ask("GET", "/user/root", token=house.log_in("root", ROOTS_PASSWORD)).json["data"]
    assert set(notes) <= data.keys()
    assert ask("SELECT count(*) FROM audit_entry WHERE model = 'user' AND action = 'update'") == [(len(data),)]
    for name in ("audited, but without one notice", "more notices than entries"):
        assert ask(notices.FAULTS[name]) == []
    invariants.check_integrity(ask)
    unexpected = [line for line in house.log().splitlines() if "Traceback" in line or '"level":"error"' in line]
    assert [line for line in unexpected if "was sent SIGKILL" not in line] == []
