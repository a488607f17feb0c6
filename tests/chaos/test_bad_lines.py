"""Lines to the stores that are slow, are cut again and again, and lose the answer to a commit."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.chaos.house import House
from tests.chaos.load import seeded
from tests.chaos.writing import all_writing, check
from tests.length import at_length
from tests.marks import servers_on_postgres
from tests.services.postgres import new_database, one_server
from tests.services.processes import wait_until
from tests.services.wire import Wire

CUTS = at_length(6, 100)
FEWEST_LOST = at_length(10, 200)
# In seconds. A round trip to Redis may take half a second.
BETWEEN_CUTS, SLOW, TOO_SLOW = (0.1, 0.4), 0.05, 0.4
ANSWERS_WITHIN, HEALED_WITHIN = 1.0, 3.0


@pytest.fixture
def to_redis() -> Iterator[tuple[Wire, House]]:
    with Wire() as wire:
        house = House(REDIS_URL=f"redis://127.0.0.1:{wire.port}")
        wire.to = house.folder / "redis.sock"
        with house:
            yield wire, house


@pytest.fixture
def to_postgres() -> Iterator[tuple[Wire, House]]:
    url = new_database(one_server(), "aerie_line")
    at = conninfo_to_dict(url)
    host, port = str(at["host"]), int(at.get("port") or 5432)
    with Wire(Path(host, f".s.PGSQL.{port}") if host.startswith("/") else (host, port)) as wire:
        who = urlsplit(url).netloc.rpartition("@")[0]
        with House(DATABASE_URL=f"postgresql://{who}@127.0.0.1:{wire.port}/{at['dbname']}") as house:
            yield wire, house


@servers_on_postgres
def test_when_the_answer_to_a_commit_is_lost_what_had_a_key_is_done_once(to_postgres: tuple[Wire, House]) -> None:
    """R33, and promise 1: nobody can say then whether it is done, but whoever asks again."""
    wire, house = to_postgres
    chance = seeded()
    with all_writing(house) as writers:
        # The first few over each connection; later it is a prepared statement's name.
        wire.loses = lambda said: b"COMMIT" in said and chance.random() < 0.5
        wait_until(lambda: wire.lost >= FEWEST_LOST, seconds=40, what="commits whose answers are lost")
        wire.loses = lambda said: False
    print(f"{wire.lost} lost")
    wait_until(house.is_well, seconds=HEALED_WITHIN, what="well again")
    assert sum(writer.replayed for writer in writers) > 0
    check(house, writers)


@servers_on_postgres
def test_a_line_to_postgres_that_is_cut_again_and_again_loses_nothing(to_postgres: tuple[Wire, House]) -> None:
    """R09"""
    wire, house = to_postgres
    chance = seeded()
    with all_writing(house) as writers:
        cut_again_and_again(wire, chance)
    wait_until(house.is_well, seconds=HEALED_WITHIN, what="well again")
    check(house, writers)


def test_a_slow_line_to_redis_makes_answers_slow_and_no_others(to_redis: tuple[Wire, House]) -> None:
    """R06"""
    wire, house = to_redis
    wire.delay = SLOW
    wait_until(house.is_well, seconds=HEALED_WITHIN, what="well, if slowly")
    with all_writing(house) as writers:
        wait_until(lambda: all(writer.acknowledged > 3 for writer in writers), what="work")
    assert [writer.unsure for writer in writers] == [0] * len(writers)
    check(house, writers)


def test_a_line_to_redis_that_is_too_slow_is_503_in_time_and_heals(to_redis: tuple[Wire, House]) -> None:
    """R06"""
    wire, house = to_redis
    wire.delay = TOO_SLOW
    said = [house.ask("GET", "/user/alice", token=house.token) for _ in range(10)]
    assert {each.status for each in said} == {503}
    assert max(each.took for each in said) < ANSWERS_WITHIN
    wire.delay = 0.0
    wait_until(house.is_well, seconds=HEALED_WITHIN, what="well again")


def test_a_line_to_redis_that_is_cut_again_and_again_loses_nothing(to_redis: tuple[Wire, House]) -> None:
    """R04"""
    wire, house = to_redis
    with all_writing(house) as writers:
        cut_again_and_again(wire, seeded())
    wait_until(house.is_well, seconds=HEALED_WITHIN, what="well again")
    check(house, writers)


def cut_again_and_again(wire: Wire, chance: random.Random) -> None:
    cut = 0
    for _ in range(CUTS):
        time.sleep(chance.uniform(*BETWEEN_CUTS))
        cut += wire.cut()
    print(f"{cut} cut")
    assert cut >= CUTS
