"""How many tasks end in a second, and how late many delays are."""

import time
from collections.abc import Callable
from typing import Any

from dramatiq.brokers.redis import RedisBroker

from bench.bare_messages import LONGEST, message
from bench.compared import percentiles
from bench.figures import Figure, stop
from bench.servers import bare_dramatiq, program
from models.stores import database
from models.task import Task
from models.task_kinds import Kind, NewDelay, Status
from models.user import User
from workers.sending import QUEUES

NO_OPS, PROCESSES = 5000, 2
DELAYS, SECONDS = 10_000, 1
# In one transaction.
AT_A_TIME = 50


def measure_throughput(environment: dict[str, str], bare: RedisBroker, rounds: int) -> Figure:
    """Many no-ops, all there before the first worker starts."""
    rates: list[float] = []
    bare_rates: list[float] = []
    for _ in range(rounds):
        _submit(NO_OPS, seconds=0)
        with program("worker", environment, processes=PROCESSES):
            rates.append(rate(messages_in(bare, f"dramatiq:{QUEUES[Kind.DELAY]}"), NO_OPS))
        if Task.select().where(Task.status != Status.SUCCEEDED).exists():
            stop("not all no-ops succeeded.")
        for _ in range(NO_OPS):
            bare.enqueue(message("nothing"))
        with bare_dramatiq(environment, processes=PROCESSES):
            bare_rates.append(rate(messages_in(bare, "bare:default"), NO_OPS))
    name = f"{NO_OPS:,} no-ops, {PROCESSES} processes"
    return against_dramatiq(name, "tasks/s", rates, bare_rates, goal="≥ 1,700 tasks/s")


def against_dramatiq(name: str, unit: str, rates: list[float], bare: list[float], *, goal: str = "") -> Figure:
    """What came out in each round, beside bare Dramatiq."""
    return Figure(name=name, unit=unit, rounds=rates, base="bare Dramatiq", base_rounds=bare, goal=goal)


def messages_in(broker: RedisBroker, queue: str) -> Callable[[], int]:
    """Tells how many nobody is done with."""
    return lambda: int(broker.client.hlen(f"{queue}.msgs"))


def rate(left: Callable[[], int], number: int) -> float:
    """How many of so many a second are done with, once a fifth is: by then all processes have started."""
    give_up = time.monotonic() + LONGEST
    began = begun_with = None
    while still := left():
        if began is None and still <= number * 0.8:
            began, begun_with = time.perf_counter(), still
        if time.monotonic() > give_up:
            stop(f"{still} of {number} are left after {LONGEST} s.")
        time.sleep(0.01)
    if began is None or begun_with is None:
        stop(f"all {number} were done with before anybody looked.")
    return begun_with / (time.perf_counter() - began)


def measure_lateness(environment: dict[str, str], rounds: int) -> Figure:
    """Many delays, written as fast as one process can."""
    late: list[list[float]] = []
    with program("worker", environment), program("scheduler", environment):
        for _ in range(rounds):
            first = _submit(DELAYS, seconds=SECONDS)
            give_up = time.monotonic() + LONGEST
            while Task.select().where(Task.due_at.is_null(False)).exists():
                if time.monotonic() > give_up:
                    stop(f"not all delays ended within {LONGEST} s.")
                time.sleep(0.1)
            ended: Any = Task.select(Task.created_at, Task.finished_at).where(Task.place >= first).tuples()
            late.append([(finished - created).total_seconds() - SECONDS for created, finished in ended])
    p50, _ = percentiles([each for some in late for each in some])
    return Figure(
        name=f"{DELAYS:,} delays of {SECONDS} s, 95 % late by at most",
        unit="s",
        rounds=[percentiles(some)[1] for some in late],
        more={"p50 s": p50, "max s": max(map(max, late))},
        goal="≤ 0.25 s",
    )


def _submit(number: int, *, seconds: float) -> int:
    """Queue delays, some in each transaction; the place of the first."""
    alice = User.get(User.username == "alice")
    places: list[int] = []
    for start in range(0, number, AT_A_TIME):
        with database.atomic():
            some = [Task.submit(NewDelay(seconds=seconds), by=alice) for _ in range(min(AT_A_TIME, number - start))]
        places.append(some[0].place)
    return places[0]
