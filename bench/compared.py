"""A round trip and the bare one that it is compared with, in turn."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.figures import Figure

Trip = Callable[[], object]


@dataclass
class Compared:
    """A round trip and the bare one that it is compared with, and what each took in each round, in milliseconds.

    Before each there is a *rest* of so many seconds. The *goal* is of the trip.
    """

    name: str
    trip: Trip
    base_name: str
    base: Trip
    times: int = 40
    rest: float = 0
    goal: str = ""
    took: list[list[float]] = field(default_factory=list)
    base_took: list[list[float]] = field(default_factory=list)

    def go(self) -> None:
        """Measure both in turn, a round of them."""
        pairs = []
        for _ in range(self.times):
            time.sleep(self.rest)
            pairs.append((_milliseconds(self.trip), _milliseconds(self.base)))
        self.took.append([took for took, _ in pairs])
        self.base_took.append([took for _, took in pairs])

    def figure(self) -> Figure:
        """What came out: the medians of each round, and the percentiles of all."""
        p50, p95 = percentiles([took for each in self.took for took in each])
        return Figure(
            name=self.name,
            unit="ms",
            rounds=[statistics.median(each) for each in self.took],
            base=self.base_name,
            base_rounds=[statistics.median(each) for each in self.base_took],
            more={"p50 ms": p50, "p95 ms": p95},
            goal=self.goal,
        )


def _milliseconds(trip: Trip) -> float:
    start = time.perf_counter()
    trip()
    return (time.perf_counter() - start) * 1000


def percentiles(values: list[float]) -> tuple[float, float]:
    """The 50th and the 95th."""
    twentieths = statistics.quantiles(values, n=20)
    return twentieths[9], twentieths[18]
