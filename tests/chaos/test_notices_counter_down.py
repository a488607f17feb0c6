"""A counter server that is away while workers and schedulers die: requests go on, and it hears of everything later."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import NamedTuple

from tests.chaos.crew import SCHEDULER, WORKER, Crew, children, kill
from tests.chaos.house import House
from tests.chaos.load import Line, Said, seeded
from tests.chaos.notices import check, newcomer, report, undelivered, wait_for_all, withdraw
from tests.length import at_length
from tests.services.counter import CounterServer
from tests.services.processes import wait_until

# In seconds: for how long it is away, and how long the last pause may be then, or a dead worker be believed alive.
AWAY, HEARS_WITHIN = at_length(16, 60), 45
REPORTS = at_length(24, 90)


class Deeds(NamedTuple):
    """What somebody has done, and how long each answer took."""

    reported: list[int]
    deleted: list[int]
    took: list[float]


def test_it_hears_of_every_defect_in_order_when_it_is_back() -> None:
    """R25"""
    chance, counter = seeded(), CounterServer()
    with House(COUNTER_URL=counter.url) as house:
        tokens = [house.token, *(newcomer(house, name)[1] for name in ("bob", "dave"))]
        house.crew.start(WORKER, WORKER, SCHEDULER, SCHEDULER)
        began = time.monotonic()
        with ThreadPoolExecutor(len(tokens)) as threads:
            acting = [threads.submit(act, house.port, token, random.Random(chance.random())) for token in tokens]
            killed = 0
            while time.monotonic() - began < AWAY:
                time.sleep(chance.uniform(0.3, 1.5))
                killed += kill_some(house.crew, chance)
            deeds = [each.result() for each in acting]
        took = sorted(each for person in deeds for each in person.took)
        assert (counter.received, undelivered(house.ask_database)) == ([], len(took)), "nobody was there to tell"
        wait_until(house.crew.is_whole, what="everybody at work again")
        with counter:
            back = time.monotonic()
            wait_for_all(house.ask_database, seconds=HEARS_WITHIN)
            slow = took[round(len(took) * 0.95)]
            print(f"{len(took)} told {time.monotonic() - back:.1f} s later, {killed} killed, p95 {slow * 1000:.0f} ms")
            check(
                house,
                counter,
                reported=[each for person in deeds for each in person.reported],
                deleted=[each for person in deeds for each in person.deleted],
            )
        assert slow < 1


def act(port: int, token: str, chance: random.Random) -> Deeds:
    """Report defects all the time that it is away, and delete more than half of them again."""
    deeds = Deeds([], [], [])

    def note(said: Said) -> Said:
        deeds.took.append(said.took)
        time.sleep(chance.uniform(0, AWAY / REPORTS))
        return said

    with closing(Line(port, token)) as line:
        for _ in range(REPORTS):
            deeds.reported.append(note(report(line)).json["id"])
            if chance.random() < 0.6:
                gone = chance.choice([each for each in deeds.reported if each not in deeds.deleted])
                note(withdraw(line, gone))
                deeds.deleted.append(gone)
    return deeds


def kill_some(crew: Crew, chance: random.Random) -> int:
    """Kill a worker, its master, both or a scheduler, and start again what died a while ago; return how many."""
    crew.tend()
    member = chance.choice([*crew.members(WORKER), *crew.members(SCHEDULER)])
    pids = [member.master.pid, *children(member.master.pid)]
    dying = chance.choice([pids[:1], pids[-1:], pids])
    kill(*dying)
    return len(dying)
