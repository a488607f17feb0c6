"""A round trip and the bare one that it is compared with, in turn."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Trip = Callable[[], object]


@dataclass
class Compared:
    """A round trip and the bare one that it is compared with, and what each took in each round, in milliseconds.

    Before each there is a *rest* of so many seconds.
    """

    name: str
    trip: Trip
    base_name: str
    base: Trip
    times: int = 40
    rest: float = 0
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

    def line(self) -> str:
        """What came out."""
        medians = [statistics.median(each) for each in self.took], [statistics.median(each) for each in self.base_took]
        ratios = [median / of for median, of in zip(*medians, strict=True)]
        p50, p95 = percentiles([took for each in self.took for took in each])
        base_p50, _ = percentiles([took for each in self.base_took for took in each])
        return (
            f"{self.name:34} {statistics.median(ratios):5.2f} of {self.base_name}"
            f"  ({min(ratios):.2f} to {max(ratios):.2f}; p50 {p50:.1f} ms, p95 {p95:.1f} ms, against {base_p50:.1f} ms)"
        )


def _milliseconds(trip: Trip) -> float:
    start = time.perf_counter()
    trip()
    return (time.perf_counter() - start) * 1000


def percentiles(values: list[float]) -> tuple[float, float]:
    """The 50th and the 95th."""
    twentieths = statistics.quantiles(values, n=20)
    return twentieths[9], twentieths[18]
