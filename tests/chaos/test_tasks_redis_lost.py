"""A Redis that is killed under load and comes back with nothing: every task that was promised ends."""

import itertools
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from tests.chaos.crew import JAVASCRIPT, SCHEDULER, WORKER
from tests.chaos.house import ROOTS_PASSWORD, House
from tests.chaos.invariants import check, note_changes, wait_for_the_end
from tests.chaos.load import Line, mixed, seeded
from tests.services.processes import wait_until

# In seconds.
AWAY, ENDS_WITHIN = 5, 20
SOME = 200


def again(house: House) -> str | None:
    """A token; none from a process that has not seen yet that Redis is back."""
    said = house.ask("POST", "/auth", {"username": "root", "password": ROOTS_PASSWORD})
    assert said.status in {201, 503}, said
    token: str | None = said.json.get("token")
    return token


def test_every_task_that_was_promised_ends_though_redis_forgot_all_about_it() -> None:
    """R04"""
    chance = seeded()
    tasks = itertools.cycle(mixed(chance, delays=300, scripts=20))
    stop, promised = threading.Event(), []
    refused: Counter[int] = Counter()

    with House() as house:
        note_changes(house.ask_database)
        house.crew.start(WORKER, JAVASCRIPT, SCHEDULER)
        tokens = [house.log_in("root", ROOTS_PASSWORD)]

        def load() -> None:
            while not stop.is_set():
                with closing(Line(house.port, tokens[-1])) as line:
                    for said in iter(lambda: line.ask("POST", "/tasks", next(tasks)), None):
                        if said.status != 202:
                            break
                        promised.append(said.json["id"])
                        if stop.wait(0.02):
                            return
                assert "Retry-After" in said.headers or said.status == 401
                refused[said.status] += 1
                time.sleep(0.1)

        with ThreadPoolExecutor(4) as threads:
            loading = [threads.submit(load) for _ in range(4)]
            try:
                wait_until(lambda: len(promised) > SOME, what="work")
                house.signal_redis(signal.SIGKILL)
                time.sleep(AWAY)
                house.empty_redis()
                wait_until(lambda: refused[401], what="sessions that are gone")
                tokens.append(wait_until(lambda: again(house), what="a session after a Redis that is back"))
                number = len(promised)
                wait_until(lambda: len(promised) > number + SOME, what="work that goes on")
            finally:
                stop.set()
            for each in loading:
                each.result()
        assert set(refused) == {401, 503}, "and never a 500"
        began = time.monotonic()
        wait_for_the_end(house.ask_database, seconds=ENDS_WITHIN)
        print(f"{len(promised)} promised, refused: {refused}, all ended {time.monotonic() - began:.1f} s later")
        check(house.ask_database, promised, log=house.log() + house.crew.log(), memory_mb=house.memory_mb)
        assert house.ask_database("SELECT DISTINCT status FROM task") == [("succeeded",)]
