"""A task that kills its worker each time is given up, and the others are not."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

from tests.chaos.crew import JAVASCRIPT, SCHEDULER, WORKER, children, kill
from tests.chaos.house import ROOTS_PASSWORD, House
from tests.chaos.invariants import attempts, check, note_changes, wait_for_the_end
from tests.chaos.load import Line, delay, javascript, on_lines, seeded
from tests.services.processes import wait_until

ENDS_WITHIN = 40


def test_a_task_that_kills_its_worker_each_time_is_given_up_and_a_hundred_others_succeed() -> None:
    """R21"""
    chance = seeded()
    others = [delay(chance.random()) for _ in range(50)] + [javascript(f"{number} + 1") for number in range(48)]
    chance.shuffle(others)
    with House() as house, ThreadPoolExecutor(1) as threads:
        note_changes(house.ask_database)
        token = house.log_in("root", ROOTS_PASSWORD)
        with closing(Line(house.port, token)) as line:
            killer = line.submit(javascript("for (;;);"))
            # They die with it the first time, and begin again with it.
            beside = [line.submit(javascript("new Promise(done => setTimeout(done, 1000))")) for _ in range(2)]
        house.crew.start(WORKER, JAVASCRIPT, SCHEDULER)
        submitting = threads.submit(on_lines, house.port, token, Line.submit, others, lines=2)
        for attempt in (1, 2, 3):
            wait_until(partial(stands, house, killer, ("running", attempt)), what=f"attempt {attempt}")
            # It takes a moment to do its harm.
            time.sleep(chance.uniform(0, 0.5))
            (member,) = house.crew.members(JAVASCRIPT)
            kill(*children(member.master.pid))
            member.master.wait(20)
            house.crew.tend()
            # Three times 20 s would be long to wait.
            house.let_leases_end()
        wait_for_the_end(house.ask_database, seconds=ENDS_WITHIN)
        print(f"begun: {attempts(house.ask_database)}")
        ids = [killer, *beside, *submitting.result()]
        lost = house.ask_database("SELECT id, error FROM task WHERE status <> 'succeeded'")
        assert [task_id for task_id, _ in lost] == [killer]
        assert '"code":"worker_lost"' in lost[0][1]
        check(house.ask_database, ids, log=house.log() + house.crew.log(), memory_mb=house.memory_mb)


def stands(house: House, task_id: str, how: tuple[str, int]) -> bool:
    return house.ask_database(f"SELECT status, attempt FROM task WHERE id = '{task_id}'") == [how]
