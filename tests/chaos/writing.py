"""Writers who keep what was acknowledged, with and without keys, and what must be true of it whatever has happened."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from tests.chaos.house import ROOTS_PASSWORD, House
from tests.chaos.invariants import unexpected
from tests.chaos.load import Line, all_the_time, delay

LINES = 8
DONE_TWICE = {
    "defects": "SELECT comment FROM defect WHERE comment LIKE 'keyed%' GROUP BY comment HAVING count(*) > 1",
    "tasks": "SELECT CAST(params AS TEXT) FROM task GROUP BY CAST(params AS TEXT) HAVING count(*) > 1",
}
AUDITED = "SELECT object_id FROM audit_entry WHERE model = '{}' AND action = 'create'"


class Writer:
    """Writes one thing after another over its own line, and keeps what was acknowledged.

    What had no key and was answered with 503, or not at all, may have been done.
    """

    def __init__(self, numbers: Iterator[int]) -> None:
        self._numbers = numbers
        self.tasks: list[str] = []
        self.defects: list[int] = []
        self.notes: list[str] = []
        self.unsure = self.replayed = 0

    @property
    def acknowledged(self) -> int:
        """How many writes."""
        return len(self.tasks) + len(self.defects) + len(self.notes)

    def write(self, line: Line) -> None:
        """With a key until it is acknowledged, or without one and once."""
        number = next(self._numbers)
        if number % 4 == 0:
            self._insist(line, "/tasks", delay(number), self.tasks)
        elif number % 4 == 1:
            self._insist(line, "/api/defects", {"comment": f"keyed {number}"}, self.defects)
        else:
            try:
                self._try(line, number)
            except (OSError, http.client.HTTPException):
                line.close()
                self.unsure += 1

    def _insist(self, line: Line, path: str, body: dict[str, object], acknowledged: list[Any]) -> None:
        said = line.insist("POST", path, body, key=f"{body}".replace(" ", ""))
        assert said.status in (201, 202), said
        acknowledged.append(said.json["id"])
        self.replayed += "Idempotent-Replayed" in said.headers

    def _try(self, line: Line, number: int) -> None:
        if number % 4 == 2:
            said = line.ask("POST", "/api/defects", {"comment": f"once {number}"})
        else:
            said = line.ask("PATCH", "/user/root", {"data": {str(number): number}})
        if said.status == 503:
            assert "Retry-After" in said.headers
            self.unsure += 1
        elif number % 4 == 2:
            assert said.status == 201, said
            self.defects.append(said.json["id"])
        else:
            assert said.status == 200, said
            self.notes.append(str(number))


@contextmanager
def all_writing(house: House) -> Iterator[list[Writer]]:
    """Have eight of them write until the end of the block."""
    numbers = count()
    writers = [Writer(numbers) for _ in range(LINES)]
    with all_the_time(house.port, house.log_in("root", ROOTS_PASSWORD), [writer.write for writer in writers]):
        yield writers


def check(house: House, writers: list[Writer]) -> None:
    ask = house.ask_database
    tasks, defects, notes = ([each for writer in writers for each in getattr(writer, kind)]
                             for kind in ("tasks", "defects", "notes"))  # fmt: skip
    unsure = sum(writer.unsure for writer in writers)
    assert tasks and defects and notes
    print(f"{len(tasks)} tasks, {len(defects)} defects, {len(notes)} changes, {unsure} perhaps,")
    print(f"{sum(writer.replayed for writer in writers)} told what had been done already")
    assert {name: found for name, sql in DONE_TWICE.items() if (found := ask(sql))} == {}
    assert sorted(row[0] for row in ask("SELECT id FROM task")) == sorted(tasks), "each key's answer is of its one task"
    there = {row[0] for row in ask("SELECT id FROM defect")}
    assert set(defects) <= there
    assert len(set(defects)) == len(defects) >= len(there) - unsure
    for model, ids in (("task", tasks), ("defect", there)):
        assert sorted(row[0] for row in ask(AUDITED.format(model))) == sorted(map(str, ids))
    data = house.ask("GET", "/user/root", token=house.log_in("root", ROOTS_PASSWORD)).json["data"]
    assert set(notes) <= data.keys()
    assert ask("SELECT count(*) FROM audit_entry WHERE model = 'user' AND action = 'update'") == [(len(data),)]
    assert [line for line in unexpected(house.log()) if "was sent SIGKILL" not in line] == []
