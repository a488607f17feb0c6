"""The tables in docs/performance.md, of which each is rewritten when what is in it is measured anew."""

import re
from collections.abc import Iterable, Iterator

from bench.figures import Figure, stop
from bench.processes import ROOT
from bench.record import Record

FILE = ROOT / "docs" / "performance.md"
HEADINGS = ("what", "ratio", "to", "median", "lowest to highest", "besides", "goal")
# Of the machine, what is said above each table; the record has all of it.
TOLD = ("cores", "CPU", "memory", "Python", "kernel", "gunicorn", "falcon", "SQLite", "Postgres", "valkey")


def keep(name: str, record: Record) -> None:
    """Put what was measured between the two marks that name it."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    text = FILE.read_text(encoding="utf-8")
    block = re.compile(f"{begin}\n.*?{end}", re.DOTALL)
    if not block.search(text):
        stop(f"{FILE.name} has no place for {name}: a line {begin} and a line {end}.")
    lines = "\n".join([begin, *_lines(record.machine, record.figures[name]), end])
    FILE.write_text(block.sub(lambda _: lines, text), encoding="utf-8")


def _lines(machine: dict[str, str], figures: list[Figure]) -> Iterator[str]:
    about = ", ".join(f"{name} {machine[name]}" for name in TOLD)
    yield f"Commit {machine['commit']}, {machine['time']}, load before {machine['load before']}: {about}."
    yield ""
    yield _row(HEADINGS)
    yield _row(["---"] * len(HEADINGS))
    yield from (_row(figure.cells) for figure in figures)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
