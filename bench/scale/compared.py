"""What the simulation says of this machine beside what was measured on it."""

from collections.abc import Iterator
from typing import NamedTuple

from bench.scale.driver import DESKS
from bench.scale.mix import AT_ONE, SHARES, WITHOUT_LOG_INS
from bench.scale.model import Simulation
from bench.scale.plans import HERE
from bench.scale.record import Measured, Seen, summed_up

SEED = 1
# In seconds that are simulated: of the rarest, JavaScript, there are some hundreds.
LASTS = 300.0


class Row(NamedTuple):
    """The same twice, in its unit; where the simulation is *believed*, within a fifth."""

    what: str
    unit: str
    measured: float
    simulated: float
    is_believed: bool = False

    @property
    def ratio(self) -> float:
        """What is simulated, of what was measured."""
        return self.simulated / self.measured


def compared(measured: Measured) -> Iterator[Row]:
    """1x, 2x, and as many requests as possible."""
    for times, seen in ((1, measured.at_one), (2, measured.at_two)):
        simulation = Simulation(measured, HERE, seed=SEED)
        outcome = simulation.run(SHARES, LASTS / times, rate=AT_ONE * times)
        told = Seen(rate=outcome.rate, answered=summed_up(outcome.answered), followed=summed_up(outcome.followed))
        yield from _rows(f"{times}x", seen, told)
    most = Simulation(measured, HERE, seed=SEED).run(WITHOUT_LOG_INS, LASTS / 15, desks=DESKS)
    yield Row("as many as possible", "requests/s", measured.most.rate, most.rate, True)


def _rows(when: str, seen: Seen, told: Seen) -> Iterator[Row]:
    at_one = when == "1x"
    yield Row(f"{when}: all", "requests/s", seen.rate, told.rate, at_one)
    for what, were, are in (("answered", seen.answered, told.answered), ("late", seen.followed, told.followed)):
        for deed in were:
            for name, was, is_now in zip(("p50", "p95"), were[deed], are[deed], strict=True):
                yield Row(f"{when}: {deed}, {what}, {name}", "ms", was * 1000, is_now * 1000, at_one and what == "late")
