"""The record of a run: on what it was measured, and all that came out."""

from pathlib import Path

import msgspec

from bench.figures import Figure
from bench.machine import described


class Record:
    """The *machine*, and the *figures* in the order in which they came, by the name of what was measured."""

    def __init__(self) -> None:
        self.machine = described()
        self.figures: dict[str, list[Figure]] = {}

    def add(self, name: str, figure: Figure) -> None:
        """One more."""
        self.figures.setdefault(name, []).append(figure)

    def machine_lines(self) -> list[str]:
        """What it is measured on, and of what."""
        return [f"{name:12} {value}" for name, value in self.machine.items()]

    def write(self, file: Path) -> None:
        """All of it as JSON."""
        figures = {name: [figure.to_dict() for figure in some] for name, some in self.figures.items()}
        document = msgspec.json.encode({"machine": self.machine, "figures": figures})
        file.write_bytes(msgspec.json.format(document, indent=2) + b"\n")
