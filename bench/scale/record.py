"""What was measured, in a file that the simulation and its test read."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from bench.scale.mix import Deed

FILE = Path(__file__).with_name("measured.json")
# Of the waits of a hundred: enough to draw others like them.
POINTS = 100


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What one of a kind takes alone, with all that follows from it.

    *quiet* is seconds of a processor by part while little else is done, and *full* while nothing else could be: who is
    busy needn't be woken, and much is done together. *written* are bytes that Postgres logs. *answered* and *followed*
    are the hundredths of how long its answer and what follows took while it was quiet, in seconds; nothing follows from
    some.
    """

    quiet: dict[str, float]
    full: dict[str, float]
    written: float
    answered: list[float]
    followed: list[float] = []

    def used(self, part: str, load: float) -> float:
        """What a part uses where so much of its machine is busy."""
        quiet, full = self.quiet.get(part, 0.0), self.full.get(part, 0.0)
        return quiet + (full - quiet) * load


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What came out of a mix: requests a second, and the median and 95th of a hundred of what took how many seconds."""

    rate: float
    answered: dict[Deed, tuple[float, float]]
    followed: dict[Deed, tuple[float, float]]


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """All of it: the machine, what parts use a second while nobody asks, costs, 1x, 2x and as many as possible."""

    machine: dict[str, str]
    idle: dict[str, float]
    costs: dict[Deed, Cost]
    at_one: Seen
    at_two: Seen
    most: Seen


def save(measured: Measured, file: Path = FILE) -> None:
    """Write it, for people to read too."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(measured), indent=1) + b"\n")


def load(file: Path = FILE) -> Measured:
    """Read it."""
    return msgspec.json.decode(file.read_bytes(), type=Measured)


def hundredths(values: list[float]) -> list[float]:
    """The value at the middle of each hundredth of many, in order."""
    ordered = sorted(values)
    return [round(ordered[int((number + 0.5) / POINTS * len(ordered))], 6) for number in range(POINTS)]


def summed_up(values: Mapping[Deed, list[float]]) -> dict[Deed, tuple[float, float]]:
    """The median and the 95th of a hundred of each that there is."""
    return {deed: (_at(0.5, found), _at(0.95, found)) for deed, found in values.items() if found}


def _at(part: float, values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
