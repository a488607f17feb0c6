"""Processes that serve are killed while hundreds of things are written: what was acknowledged is there, and once."""

import random
import time
from collections.abc import Iterator

import pytest

from tests.chaos.crew import children, kill
from tests.chaos.house import House
from tests.chaos.load import seeded
from tests.chaos.writing import all_writing, check
from tests.length import at_length
from tests.marks import servers_on_postgres, servers_on_sqlite
from tests.services.databases import POSTGRES, SQLITE
from tests.services.postgres import new_database, one_server
from tests.services.processes import wait_until

FEWEST_WRITES, FEWEST_KILLED = at_length(500, 5_000), at_length(10, 80)
BETWEEN_KILLS = (0.2, 0.8)  # in seconds
ON = [pytest.param(SQLITE, marks=servers_on_sqlite), pytest.param(POSTGRES, marks=servers_on_postgres)]


@pytest.fixture(params=ON)
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    url = {} if request.param == SQLITE else {"DATABASE_URL": new_database(one_server(), "aerie_killed")}
    with House(**url) as running:
        yield running


def test_what_was_acknowledged_is_there_and_what_had_a_key_is_there_once(house: House) -> None:
    """R13, R33"""
    chance, killed = seeded(), 0
    with all_writing(house) as writers:
        while killed < FEWEST_KILLED or sum(writer.acknowledged for writer in writers) < FEWEST_WRITES:
            time.sleep(chance.uniform(*BETWEEN_KILLS))
            killed += kill_some(house, chance)
    print(f"{killed} killed")
    wait_until(house.is_well, what="well again")
    check(house, writers)


def kill_some(house: House, chance: random.Random) -> int:
    """Kill one of those that serve, or all; return how many."""
    serving = wait_until(lambda: children(house.gunicorn.pid), what="somebody to kill")
    dying = chance.sample(serving, chance.randint(1, len(serving)))
    kill(*dying)
    return len(dying)
