"""What comes out of a measurement: one line for people, one row for docs/performance.md, one document for records."""

import statistics
from typing import Any, NoReturn

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured in each round, in its unit, beside its base in the same round, if it has one.

    *more* is what else came out, by name, in milliseconds unless the name says otherwise. *goal* is information.
    """

    name: str
    unit: str
    rounds: list[float]
    base: str | None = None
    base_rounds: list[float] | None = None
    more: dict[str, float] = {}
    goal: str = ""

    @property
    def median(self) -> float:
        """Of all rounds."""
        return statistics.median(self.rounds)

    @property
    def ratios(self) -> list[float] | None:
        """To the base, round by round."""
        if self.base_rounds is None:
            return None
        return [each / of for each, of in zip(self.rounds, self.base_rounds, strict=True)]

    @property
    def cells(self) -> list[str]:
        """Name, ratio, base, median, spread of the ratio or else of the median, what else came out, and the goal."""
        ratio = f"{statistics.median(self.ratios):.2f}" if self.ratios else ""
        spread = self.ratios or self.rounds
        written = [f"{each:.2f}" if self.ratios else _written(each) for each in (min(spread), max(spread))]
        more = ", ".join(f"{name} {_written(value)}" for name, value in self.more.items())
        median = f"{_written(self.median)} {self.unit}"
        return [self.name, ratio, self.base or "", median, " to ".join(written), more, self.goal]

    def line(self) -> str:
        """What came out."""
        name, ratio, base, median, spread, more, goal = self.cells
        if self.base_rounds is not None:
            against = _written(statistics.median(self.base_rounds))
            median, spread = f"{ratio:>5} of {base}", f"{spread}; median {median}, against {against}"
        said = [spread, *([more] if more else []), *([f"goal {goal}"] if goal else [])]
        return f"{name:46} {median}  ({'; '.join(said)})"

    def to_dict(self) -> dict[str, Any]:
        """For records: the rounds themselves, and what they come to."""
        ratio = statistics.median(self.ratios) if self.ratios else None
        return {**msgspec.structs.asdict(self), "median": self.median, "ratio": ratio}


def _written(value: float) -> str:
    digits = 0 if value >= 100 or value == round(value) else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}"


def stop(sentence: str) -> NoReturn:
    """End the bench: what was refused or came out wrong measures nothing."""
    raise SystemExit(f"script/bench: {sentence}")
