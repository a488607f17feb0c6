"""Costs of each kind alone, and what comes out of a mix of all: on one machine, on Postgres."""

import itertools
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from bench.machine import described
from bench.scale.driver import Took, as_many_as_possible, paced
from bench.scale.mix import AT_ONE, DELAY_SECONDS, SHARES, WITHOUT_LOG_INS, Deed, Shares
from bench.scale.record import Cost, Measured, Seen, hundredths, summed_up
from bench.scale.service import Service, service

# A second: of what is seldom at 1x, so many are measured all the same; and what takes long comes so often where the
# machine is to be full, as others come as often as they are answered.
LEAST = 2.0
FULL_RATES = {Deed.JAVASCRIPT: 12.0, Deed.LOG_IN: 6.0}
# In seconds.
WARMS, RESTS, QUIET, FULL, MIXED, MOST = 3, 10, 20, 6, 90, 30
FOLLOWED = {
    Deed.REPORT: "SELECT extract(epoch FROM delivered_at::timestamptz - created_at::timestamptz) FROM notification",
    Deed.DELAY: f"""
        SELECT extract(epoch FROM finished_at::timestamptz - created_at::timestamptz) - {DELAY_SECONDS}
        FROM task WHERE type = 'delay'
    """,
    Deed.JAVASCRIPT: """
        SELECT extract(epoch FROM finished_at::timestamptz - created_at::timestamptz)
        FROM task WHERE type = 'javascript'
    """,
}


class Ran(NamedTuple):
    """What came of a run: who waited how long, how late what followed was, and what was used and written in all.

    *asked* is for how many seconds there were requests, and *lasted* until all that followed had ended.
    """

    took: list[Took]
    followed: dict[Deed, list[float]]
    asked: float
    lasted: float
    used: dict[str, float]
    written: int


class Measurement:
    """Runs over one service, of which each has a seed of its own."""

    def __init__(self, service: Service, *, hurry: float = 1.0) -> None:
        self._service, self._hurry = service, hurry
        self._seeds = itertools.count(1)

    def all(self) -> Measured:
        """Measure everything."""
        self._run(SHARES, AT_ONE, WARMS)
        idle = self._idle()
        costs = {}
        for deed in SHARES:
            costs[deed] = self._cost(deed, idle)
            print(f"{deed}: {costs[deed].quiet}, {costs[deed].full}", flush=True)
        one, two = (self._seen(SHARES, AT_ONE * times, MIXED) for times in (1, 2))
        most = self._seen(WITHOUT_LOG_INS, 0, MOST)
        return Measured(machine=described(), idle=idle, costs=costs, at_one=one, at_two=two, most=most)

    def _idle(self) -> dict[str, float]:
        before, rests = self._service.used(), RESTS * self._hurry
        time.sleep(rests)
        return {part: (used - before.get(part, 0.0)) / rests for part, used in self._service.used().items()}

    def _cost(self, deed: Deed, idle: dict[str, float]) -> Cost:
        quiet = self._run({deed: 1.0}, max(AT_ONE * SHARES[deed], LEAST), QUIET)
        full = self._run({deed: 1.0}, FULL_RATES.get(deed, 0), FULL)
        followed = quiet.followed.get(deed, [])
        return Cost(
            quiet=_each(quiet, idle),
            full=_each(full, idle),
            written=round(full.written / len(full.took)),
            answered=hundredths([each.seconds for each in quiet.took]),
            followed=hundredths(followed) if followed else [],
        )

    def _seen(self, shares: Shares, rate: float, seconds: float) -> Seen:
        ran = self._run(shares, rate, seconds)
        answered = {deed: [each.seconds for each in ran.took if each.deed is deed] for deed in shares}
        return Seen(rate=len(ran.took) / ran.asked, answered=summed_up(answered), followed=summed_up(ran.followed))

    def _run(self, shares: Shares, rate: float, seconds: float) -> Ran:
        """So many a second, or without a rate as many as possible."""
        service = self._service
        service.ask("TRUNCATE task, task_tally, notification")
        used, written, began = service.used(), service.written(), time.monotonic()
        seconds, seed = seconds * self._hurry, next(self._seeds)
        if rate:
            took = paced(service.url, service.tokens, shares, rate=rate, seconds=seconds, seed=seed)
        else:
            took = as_many_as_possible(service.url, service.tokens, shares, seconds=seconds, seed=seed)
        asked = time.monotonic() - began
        service.wait_for_the_end()
        return Ran(
            took=took,
            followed={deed: [float(row[0]) for row in service.ask(sql)] for deed, sql in FOLLOWED.items()},
            asked=asked,
            lasted=time.monotonic() - began,
            used={part: after - used.get(part, 0.0) for part, after in service.used().items()},
            written=service.written() - written,
        )


def _each(ran: Ran, idle: dict[str, float]) -> dict[str, float]:
    """Seconds of each part for one of those that were asked for, beyond what it uses while nobody asks."""
    used = {part: max(0.0, all_ - idle.get(part, 0.0) * ran.lasted) for part, all_ in ran.used.items()}
    return {part: round(all_ / len(ran.took), 7) for part, all_ in used.items()}


def measure(*, hurry: float = 1.0) -> Measured:
    """Measure everything; *hurry* below 1 shortens every run."""
    with tempfile.TemporaryDirectory(prefix="aerie-scale-") as folder, service(Path(folder)) as running:
        return Measurement(running, hurry=hurry).all()
