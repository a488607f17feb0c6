"""A Postgres that is stopped at once under load, again and again: whatever was acknowledged is there, and goes on."""

import random
import time
from collections import Counter
from contextlib import ExitStack
from itertools import count
from typing import Any

from tests.chaos import invariants, notices
from tests.chaos.crew import JAVASCRIPT, SCHEDULER, WORKER
from tests.chaos.house import ROOTS_PASSWORD, House
from tests.chaos.load import Line, Said, all_the_time, delay, javascript, seeded
from tests.length import at_length
from tests.marks import servers_on_postgres
from tests.services.counter import CounterServer
from tests.services.postgres import cluster, new_database, started, stop_immediately
from tests.services.processes import wait_until

OUTAGES = at_length(2, 20)
# In seconds. A machine that stalls for a moment is no fault here.
MOST_ANSWER_WITHIN, ALL_ANSWER_WITHIN = 1.0, 3.0
HEALS_WITHIN, ENDS_WITHIN = 3.0, 30


class Writer:
    """Somebody who writes all the time, and keeps what was said of it."""

    def __init__(self, name: str, seed: float) -> None:
        self._name, self._chance, self._numbers = name, random.Random(seed), count()
        self._mine: list[int] = []
        self.users: list[int] = []
        self.tasks: list[str] = []
        self.reported: list[int] = []
        self.deleted: list[int] = []
        # Whose password had to be hashed, which takes as long as the machine needs, and all other answers.
        self.hashed: list[Said] = []
        self.quick: list[Said] = []

    def write(self, line: Line) -> None:
        """Sign somebody up, start a task, report a defect or delete one's own."""
        number, which = next(self._numbers), self._chance.random()
        if number % 20 == 0:
            body = {"username": f"{self._name}{number}", "password": "a rather long one"}
            self._note(line.ask("POST", "/user", body), self.users, among=self.hashed)
        elif which < 0.4:
            task = delay(self._chance.random()) if which < 0.35 else javascript(f"{number} + 1")
            self._note(line.ask("POST", "/tasks", task), self.tasks)
        elif which < 0.8 or not self._mine:
            if made := self._note(line.ask("POST", "/api/defects", {"comment": "It leaks."}), self.reported):
                self._mine.append(made)
        else:
            gone = self._mine.pop(self._chance.randrange(len(self._mine)))
            if self._note(line.ask("DELETE", f"/api/defects/{gone}")):
                self.deleted.append(gone)

    def _note(self, said: Said, acknowledged: list[Any] | None = None, *, among: list[Said] | None = None) -> Any:
        (self.quick if among is None else among).append(said)
        if said.status >= 300:
            return None
        if acknowledged is not None:
            acknowledged.append(said.json["id"])
        return said.json["id"] if said.json else True


@servers_on_postgres
def test_what_was_acknowledged_is_there_and_goes_on_though_postgres_is_stopped_at_once() -> None:
    """R09"""
    chance = seeded()
    writers = [Writer(name, chance.random()) for name in ("bob", "dave", "erin", "frank")]
    with ExitStack() as stack:
        folder = stack.enter_context(cluster())
        url = new_database(stack.enter_context(started(folder)), "aerie_lost")
        counter = stack.enter_context(CounterServer())
        with House(DATABASE_URL=url, COUNTER_URL=counter.url) as house:
            invariants.note_changes(house.ask_database)
            house.crew.start(WORKER, JAVASCRIPT, SCHEDULER)
            token = house.log_in("root", ROOTS_PASSWORD)
            with all_the_time(house.port, token, [writer.write for writer in writers], pause=0.01):
                for _ in range(OUTAGES):
                    time.sleep(chance.uniform(1, 2))
                    stop_immediately(folder)
                    time.sleep(chance.uniform(0.5, 2))
                    stack.enter_context(started(folder))
                    heals(house)
                goes_on(writers)
            check_answers(
                quick=[said for writer in writers for said in writer.quick],
                hashed=[said for writer in writers for said in writer.hashed],
            )
            check_the_rest(house, counter, writers)


def heals(house: House) -> None:
    """It is well again by itself."""
    began = time.monotonic()
    wait_until(house.is_well, seconds=HEALS_WITHIN, what="well again")
    print(f"well again after {time.monotonic() - began:.2f} s")


def goes_on(writers: list[Writer]) -> None:
    """Everybody writes again."""
    before = [len(writer.quick) for writer in writers]
    wait_until(
        lambda: all(len(each.quick) > number + 10 for each, number in zip(writers, before, strict=True)),
        what="work that goes on",
    )


def check_answers(*, quick: list[Said], hashed: list[Said]) -> None:
    said, took = quick + hashed, sorted(each.took for each in quick)
    most = took[len(took) * 95 // 100]
    print(f"{Counter(each.status for each in said)}, p95 {most:.2f}, max {took[-1]:.2f} s")
    assert {each.status for each in said} == {201, 202, 204, 503}
    assert all("Retry-After" in each.headers for each in said if each.status == 503)
    assert (most < MOST_ANSWER_WITHIN, took[-1] < ALL_ANSWER_WITHIN) == (True, True)


def check_the_rest(house: House, counter: CounterServer, writers: list[Writer]) -> None:
    """What was answered 503 may have been committed, when Postgres died before it could say so."""
    ask = house.ask_database
    began = time.monotonic()
    invariants.wait_for_the_end(ask, seconds=ENDS_WITHIN)
    print(f"all tasks ended {time.monotonic() - began:.1f} s later, begun: {invariants.attempts(ask)}")
    # Whoever delivered one when Postgres went is believed to be alive for 30 s, which other tests wait for.
    house.let_pauses_end()
    notices.wait_for_all(ask, seconds=ENDS_WITHIN)
    print(f"all notices delivered {time.monotonic() - began:.1f} s later")
    there = {
        "users": {row[0] for row in ask("SELECT id FROM users")},
        "tasks": {row[0] for row in ask("SELECT id FROM task")},
        "reported": {row[0] for row in ask("SELECT defect_id FROM notification WHERE action = 'create'")},
        "deleted": {row[0] for row in ask("SELECT defect_id FROM notification WHERE action = 'delete'")},
    }
    for kind, found in there.items():
        promised = {each for writer in writers for each in getattr(writer, kind)}
        print(f"{kind}: {len(promised)} promised, {len(promised - found)} missing, {len(found - promised)} others")
        assert promised <= found
    log = house.log() + house.crew.log()
    invariants.check(ask, there["tasks"], log=log, memory_mb=house.memory_mb)
    notices.check(house, counter, reported=there["reported"], deleted=there["deleted"])
