"""How many tasks end in a second, and how late many delays are."""

import statistics
import time
from collections.abc import Callable
from typing import Any

from dramatiq.brokers.redis import RedisBroker

from bench.bare_messages import LONGEST, message
from bench.compared import percentiles
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


def measure_throughput(environment: dict[str, str], bare: RedisBroker, rounds: int) -> None:
    """Many no-ops, all there before the first worker starts."""
    rates: list[float] = []
    bare_rates: list[float] = []
    for _ in range(rounds):
        _submit(NO_OPS, seconds=0)
        with program("worker", environment, processes=PROCESSES):
            rates.append(rate(messages_in(bare, f"dramatiq:{QUEUES[Kind.DELAY]}"), NO_OPS))
        assert not Task.select().where(Task.status != Status.SUCCEEDED).exists()
        for _ in range(NO_OPS):
            bare.enqueue(message("nothing"))
        with bare_dramatiq(environment, processes=PROCESSES):
            bare_rates.append(rate(messages_in(bare, "bare:default"), NO_OPS))
    print_rates(f"{NO_OPS:,} no-ops, {PROCESSES} processes", "tasks", rates, bare_rates)


def print_rates(name: str, what: str, rates: list[float], bare_rates: list[float]) -> None:
    """A line that compares what came out in each round."""
    ratios = [each / of for each, of in zip(rates, bare_rates, strict=True)]
    print(
        f"{name:34} {statistics.median(ratios):5.2f} of bare Dramatiq"
        f"  ({min(ratios):.2f} to {max(ratios):.2f}; median {statistics.median(rates):,.0f} {what}/s,"
        f" against {statistics.median(bare_rates):,.0f})",
        flush=True,
    )


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
        assert time.monotonic() < give_up, f"{still} are left"
        time.sleep(0.01)
    assert began is not None and begun_with is not None
    return begun_with / (time.perf_counter() - began)


def measure_lateness(environment: dict[str, str], rounds: int) -> None:
    """Many delays, written as fast as one process can."""
    late: list[list[float]] = []
    with program("worker", environment), program("scheduler", environment):
        for _ in range(rounds):
            first = _submit(DELAYS, seconds=SECONDS)
            give_up = time.monotonic() + LONGEST
            while Task.select().where(Task.due_at.is_null(False)).exists():
                assert time.monotonic() < give_up
                time.sleep(0.1)
            ended: Any = Task.select(Task.created_at, Task.finished_at).where(Task.place >= first).tuples()
            late.append([(finished - created).total_seconds() - SECONDS for created, finished in ended])
    p50, p95 = percentiles([each for some in late for each in some])
    most = max(map(max, late))
    spread = [percentiles(some)[1] for some in late]
    print(
        f"{f'{DELAYS:,} delays of {SECONDS} s, late by':34} p50 {p50:.3f} s, p95 {p95:.3f} s, max {most:.3f} s"
        f"  (p95 {min(spread):.3f} to {max(spread):.3f} s)",
        flush=True,
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
