"""Thousands of delays at once: they end in time, and hold up nobody."""

import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from tests.chaos.crew import JAVASCRIPT, SCHEDULER, WORKER
from tests.chaos.house import ROOTS_PASSWORD, House
from tests.chaos.invariants import check, note_changes, seconds_between, wait_for_the_end
from tests.chaos.load import Line, delay, javascript, on_lines
from tests.length import at_length
from tests.services.processes import wait_until

NUMBER, SECONDS = at_length(1_000, 10_000), at_length(3, 10)
# In seconds.
LATEST, MOST_LATEST, SCRIPT_BEGINS_WITHIN, GET_P99 = 10, 2, 1, 0.5
PAUSE = 0.5


def test_delays_end_in_time_and_javascript_need_not_wait_for_them() -> None:
    """R22"""
    done = threading.Event()
    with House() as house:
        note_changes(house.ask_database)
        house.crew.start(WORKER, JAVASCRIPT, SCHEDULER)
        token = house.log_in("root", ROOTS_PASSWORD)

        def meanwhile(act: Callable[[Line], float | str], pause: float) -> list[float | str]:
            found = []
            with closing(Line(house.port, token)) as line:
                while not done.wait(pause):
                    found.append(act(line))
            return found

        # Whoever was to start is there by then.
        with closing(Line(house.port, token)) as line:
            first = line.submit(javascript("1 + 1"))
            wait_for_the_end(house.ask_database, seconds=20)
        with ThreadPoolExecutor(2) as threads:
            submitting = threads.submit(meanwhile, lambda line: line.submit(javascript("1 + 1")), PAUSE)
            getting = threads.submit(meanwhile, lambda line: line.ask("GET", f"/tasks/{first}").took, 0.02)
            try:
                began = time.monotonic()
                ids = on_lines(house.port, token, Line.submit, [delay(SECONDS)] * NUMBER, lines=4)
                rate = NUMBER / (time.monotonic() - began)
                wait_until(lambda: len(ended(house, "id", "delay")) == NUMBER, seconds=SECONDS + 30, what="their end")
            finally:
                done.set()
        wait_for_the_end(house.ask_database, seconds=30)
        scripts, gets = submitting.result(), [took for took in getting.result() if isinstance(took, float)]

        late = [seconds_between(*row) - SECONDS for row in ended(house, "created_at, finished_at", "delay")]
        begun = [seconds_between(*row) for row in ended(house, "created_at, started_at", "javascript")[1:]]
        print(f"{NUMBER} submitted at {rate:.0f}/s")
        print(f"late: p50 {at(late, 50):.2f}, p95 {at(late, 95):.2f}, max {max(late):.2f} s; min {min(late):.3f} s")
        print(f"JavaScript begun: p50 {at(begun, 50):.3f}, max {max(begun):.3f} s of {len(begun)}")
        print(f"GET: p50 {at(gets, 50):.3f}, p99 {at(gets, 99):.3f}, max {max(gets):.3f} s of {len(gets)}")
        check(house.ask_database, [first, *ids, *map(str, scripts)], log=house.log() + house.crew.log())
        assert min(late) >= 0
        assert max(late) < LATEST
        assert at(late, 95) < MOST_LATEST
        assert max(begun) < SCRIPT_BEGINS_WITHIN
        assert at(gets, 99) < GET_P99


def ended(house: House, columns: str, kind: str) -> list[tuple[object, ...]]:
    when = f"type = '{kind}' AND finished_at IS NOT NULL"
    return house.ask_database(f"SELECT {columns} FROM task WHERE {when} ORDER BY place")


def at(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]
