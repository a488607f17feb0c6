"""A counter server at its worst: others' notices and tasks go on, and each notice arrives in the end."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.chaos.crew import SCHEDULER, WORKER, kill
from tests.chaos.house import House
from tests.chaos.load import Line, Said, delay, on_lines, seeded
from tests.chaos.notices import check, newcomer, report, undelivered, wait_for_all, withdraw
from tests.services.counter import (
    Behaviour,
    CounterServer,
    answers,
    by_user,
    hangs,
    in_turn,
    resets,
)
from tests.services.processes import wait_until
from workers.at_once import AT_ONCE
from workers.outgoing import ANSWERS_WITHIN


@pytest.fixture
def counter() -> Iterator[CounterServer]:
    with CounterServer() as server:
        yield server


@pytest.fixture
def house(counter: CounterServer) -> Iterator[House]:
    with House(COUNTER_URL=counter.url) as running:
        running.crew.start(WORKER, SCHEDULER)
        yield running


def test_what_it_hangs_on_delays_no_others(house: House, counter: CounterServer) -> None:
    """R26"""
    alice, (bob, bobs_token) = house.ask("GET", "/user/alice", token=house.token).json["id"], newcomer(house, "bob")
    counter.behaves = by_user({alice: hangs}, answers(200))
    hanging = report_many(house, house.token, 3)
    wait_until(lambda: len(counter.received) == 3, what="it hangs on all three")
    began = time.monotonic()
    bobs = report_many(house, bobs_token, 40)
    wait_until(lambda: undelivered(house.ask_database) == 3, seconds=5, what="all of bob's have arrived")
    assert {each.notice["user"] for each in counter.received[3:]} == {bob}
    assert time.monotonic() - began < ANSWERS_WITHIN, "it still hangs for alice's"
    counter.behaves = answers(200)
    wait_for_all(house.ask_database, seconds=20)
    check(house, counter, reported=hanging + bobs, deleted=[])


def test_while_it_hangs_for_everybody_tasks_are_begun_and_end(house: House, counter: CounterServer) -> None:
    """R26"""
    counter.behaves = hangs
    report_many(house, house.token, 20)
    wait_until(lambda: len(counter.received) == AT_ONCE["notices"], what="all who may wait for it do")
    began = time.monotonic()
    seconds = [60.0] * 20 + [0.5] * 20
    on_lines(house.port, house.token, lambda line, each: line.submit(delay(each)), seconds, lines=4)
    wait_until(lambda: tasks(house, "running") == 20, seconds=4, what="a worker begins the long ones")
    wait_until(lambda: tasks(house, "succeeded") == 20, seconds=4, what="the short ones have ended")
    assert time.monotonic() - began < ANSWERS_WITHIN, "it still hangs"
    assert len(counter.received) == AT_ONCE["notices"]


def test_whatever_it_does_first_each_notice_is_counted_once(house: House, counter: CounterServer) -> None:
    """R26"""
    with CounterServer() as elsewhere:
        evils = [
            resets,
            answers(500),
            answers(302, Location=elsewhere.url),
            answers(307, Location=elsewhere.url),
            answers(429, Retry_After="1"),
        ]
        counter.behaves = twice_evil(evils, seeded())
        ids = report_many(house, house.token, 30)
        on_lines(house.port, house.token, withdraw, ids[:20], lines=4)
        wait_for_all(house.ask_database, seconds=40)
        assert elsewhere.received == []
    check(house, counter, reported=ids, deleted=ids[:20])
    assert len(counter.counted()) == 50
    assert set(Counter(each.key for each in counter.received).values()) == {3}


def test_one_who_is_killed_while_it_hangs_is_followed_by_another(house: House, counter: CounterServer) -> None:
    """R26"""
    counter.behaves = in_turn([hangs], answers(200))
    (defect,) = report_many(house, house.token, 1)
    wait_until(lambda: counter.received, what="it hangs")
    with closing(Line(house.port, house.token)) as line:
        withdraw(line, defect)
    _, bobs_token = newcomer(house, "bob")
    kill(*house.crew.pids())
    house.crew.tend()
    (bobs,) = report_many(house, bobs_token, 1)
    wait_until(lambda: len(counter.received) == 2, what="another is at work")
    assert counter.received[0].notice["user"] != counter.received[1].notice["user"], "the dead are believed to be alive"
    house.let_pauses_end()
    wait_for_all(house.ask_database, seconds=15)
    check(house, counter, reported=[defect, bobs], deleted=[defect])
    assert [each.notice["action"] for each in counter.received] == ["create", "create", "create", "delete"]


def report_many(house: House, token: str, number: int) -> list[int]:
    def act(line: Line, _: int) -> Said:
        return report(line)

    return sorted(said.json["id"] for said in on_lines(house.port, token, act, range(number), lines=4))


def tasks(house: House, status: str) -> int:
    return int(house.ask_database(f"SELECT count(*) FROM task WHERE status = '{status}'")[0][0])


def twice_evil(evils: list[Behaviour], chance: random.Random) -> Behaviour:
    """Treat each notice badly two times, in ways of its own."""
    treated = defaultdict[str, Behaviour](lambda: in_turn(chance.sample(evils, 2), answers(200)))
    return lambda caller: treated[caller.request.key](caller)
