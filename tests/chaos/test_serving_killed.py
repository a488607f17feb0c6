"""Processes that serve are killed while hundreds of things are written: what was acknowledged is there, and once."""

import random
import time
from collections.abc import Iterator

import pytest

from tests.chaos.crew import children, kill
from tests.chaos.house import House
from tests.chaos.load import seeded
from tests.chaos.writing import Writer, all_writing, check
from tests.length import at_length
from tests.services import databases
from tests.services.processes import wait_until

FEWEST_WRITES, FEWEST_KILLED = at_length(500, 5_000), at_length(10, 80)
# In seconds.
BETWEEN_KILLS, ENDS_WITHIN = (0.2, 0.8), at_length(120, 600)


@pytest.fixture(params=databases.OF_PARTS)
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    with House(**databases.on(request.param, "aerie_killed")) as running:
        yield running


def test_what_was_acknowledged_is_there_and_what_had_a_key_is_there_once(house: House) -> None:
    """R13, R33"""
    chance, killed = seeded(), 0
    deadline = time.monotonic() + ENDS_WITHIN
    with all_writing(house) as writers:
        while killed < FEWEST_KILLED or not is_enough(writers):
            time.sleep(chance.uniform(*BETWEEN_KILLS))
            killed += kill_some(house, chance)
            assert time.monotonic() < deadline, "too little is written, or nothing was done before its answer was lost"
    print(f"{killed} killed")
    wait_until(house.is_well, what="well again")
    check(house, writers)


def is_enough(writers: list[Writer]) -> bool:
    """Whether there are the writes, and one of them had been done when it was sent again."""
    acknowledged = sum(writer.acknowledged for writer in writers)
    return acknowledged >= FEWEST_WRITES and any(writer.replayed for writer in writers)


def kill_some(house: House, chance: random.Random) -> int:
    """Kill one of those that serve, or all; return how many."""
    serving = wait_until(lambda: children(house.gunicorn.pid), what="somebody to kill")
    dying = chance.sample(serving, chance.randint(1, len(serving)))
    kill(*dying)
    return len(dying)
