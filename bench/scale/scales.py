"""Ten, a hundred and a thousand times the load: what is busy then, and how late everything is."""

from collections.abc import Iterator
from typing import NamedTuple

from bench.scale.mix import AT_ONE, SHARES
from bench.scale.model import Outcome, Simulation
from bench.scale.plans import (
    DENO,
    ONE_POSTGRES,
    POSTGRES,
    REDIS,
    SCHEDULER,
    TAKES_OVER,
    WORKER,
    Plan,
    designed,
    taken_over,
    used_at_one,
)
from bench.scale.record import Measured

SEED = 2
# Times 1x, for the plot.
FACTORS = (1, 3, 10, 30, 100, 200, 400, 1000)
# Requests that are simulated of each: what comes in some seconds, or in a part of one.
REQUESTS = 20_000
# What a machine may be busy for before queues grow long.
FULL = 0.8
BUSY_ALL_THE_TIME = 0.98


class Scaled(NamedTuple):
    """So many times the load, on what, and what came of it."""

    times: float
    plan: Plan
    outcome: Outcome

    @property
    def is_done_in_time(self) -> bool:
        """Whether nothing is busy without a pause, behind which ever more would wait."""
        return max(self.outcome.busy.values()) < BUSY_ALL_THE_TIME


def as_designed(measured: Measured) -> Iterator[Scaled]:
    """One Postgres and one Redis, with as many others as that takes."""
    for times in FACTORS:
        yield _run(measured, times, designed(measured, times))


def with_what_takes_over(measured: Measured) -> Iterator[Scaled]:
    """The three that docs/scale.md tells of."""
    for times in TAKES_OVER:
        yield _run(measured, times, taken_over(measured, times))


def carried(measured: Measured) -> Iterator[tuple[str, float, float]]:
    """For how long one of a kind is taken up each second at 1x, and how many times that it carries."""
    for part, cores in ((POSTGRES, ONE_POSTGRES), (REDIS, 1), (SCHEDULER, 1), (WORKER, 1), (DENO, 1)):
        used = used_at_one(measured, part, load=FULL)
        yield f"{part}, {cores} core{'s' if cores > 1 else ''}", used, FULL * cores / used


def _run(measured: Measured, times: float, plan: Plan) -> Scaled:
    rate = AT_ONE * times
    outcome = Simulation(measured, plan, seed=SEED).run(SHARES, max(0.5, REQUESTS / rate), rate=rate)
    return Scaled(times, plan, outcome)
