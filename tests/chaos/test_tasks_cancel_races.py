"""Hundreds of cancels at about the moment of the end: what was answered is what stands."""

import time
from collections import Counter

from tests.chaos.crew import JAVASCRIPT, SCHEDULER, WORKER
from tests.chaos.house import ROOTS_PASSWORD, House
from tests.chaos.invariants import check, note_changes, wait_for_the_end
from tests.chaos.load import Line, delay, javascript, on_lines, seeded
from tests.length import at_length

DELAYS, SCRIPTS = at_length(300, 900), 100
ENDS_WITHIN = 20


def test_cancels_around_the_end_leave_what_they_were_answered() -> None:
    """R17"""
    chance = seeded()
    races = [(delay(chance.uniform(0, 0.05)), chance.uniform(0, 0.15)) for _ in range(DELAYS)]
    races += [(javascript("1 + 1"), chance.uniform(0, 0.6)) for _ in range(SCRIPTS)]
    chance.shuffle(races)

    def race(line: Line, which: tuple[dict[str, object], float]) -> tuple[str, int]:
        task, pause = which
        task_id = line.submit(task)
        time.sleep(pause)
        said = line.ask("DELETE", f"/tasks/{task_id}")
        if said.status in (200, 202):
            assert said.json["status"] == ("cancelled" if said.status == 200 else "cancelling")
        return task_id, said.status

    with House() as house:
        note_changes(house.ask_database)
        house.crew.start(WORKER, JAVASCRIPT, SCHEDULER)
        answered = dict(on_lines(house.port, house.log_in("root", ROOTS_PASSWORD), race, races))
        wait_for_the_end(house.ask_database, seconds=ENDS_WITHIN)
        print(Counter(answered.values()))
        assert set(answered.values()) == {200, 202, 409}, "every way of ending was raced"
        stands = dict(house.ask_database("SELECT id, status FROM task"))
        wanted = {200: "cancelled", 202: "cancelled", 409: "succeeded"}
        assert stands == {task_id: wanted[status] for task_id, status in answered.items()}
        check(house.ask_database, answered, log=house.log() + house.crew.log(), memory_mb=house.memory_mb)
