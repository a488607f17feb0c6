"""One picture of a soak: memory, open files, rows, answers and lateness over time, and what happened when."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.soak.lateness import Late
from bench.soak.looks import Look

# The same picture of the same run, with its text as text.
matplotlib.rcParams.update({"svg.hashsalt": "aerie", "svg.fonttype": "none", "font.size": 8, "axes.grid": True})
INCHES = (10.0, 13.0)
FAINT = {"color": "#999999", "linewidth": 0.6, "linestyle": ":"}


def draw(file: Path, looks: list[Look], late: Mapping[str, list[Late]], marks: list[tuple[float, str]]) -> None:
    """Write it as SVG; *marks* are faults by their minutes."""
    figure = Figure(figsize=INCHES, layout="constrained")
    memory, files, rows, answers, lateness = figure.subplots(5, sharex=True)
    minutes = [look.at / 60 for look in looks]
    _lines(memory, "memory, MB (PSS)", minutes, [look.memory for look in looks])
    _lines(files, "open files, but for\nPostgres' many", minutes, [_but_postgres(look.files) for look in looks])
    _lines(rows, "rows", minutes, [look.rows for look in looks])
    rows.set_yscale("symlog", linthresh=10)
    _answers(answers, minutes, looks)
    _lateness(lateness, late)
    _mark(figure.axes, marks)
    lateness.set_xlabel("minutes")
    figure.savefig(file, metadata={"Date": None})


def _lines(axes: Axes, title: str, at: list[float], values: list[dict[str, Any]]) -> None:
    axes.set_ylabel(title)
    for name in sorted({name for each in values for name in each}):
        # Where it was not there, or nobody could count it, there is a gap.
        axes.plot(at, [each.get(name, float("nan")) for each in values], label=name, linewidth=1)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    axes.set_ylim(bottom=0)


def _but_postgres(files: dict[str, int]) -> dict[str, int]:
    """Its processes open each table's files anew, and would hide all others."""
    return {name: number for name, number in files.items() if name != "Postgres"}


def _answers(axes: Axes, at: list[float], looks: list[Look]) -> None:
    every = looks[1].at - looks[0].at
    values = [
        {"a second": look.answered / every, "503, a second": look.put_off / every, "p95, ms": look.p95 * 1000}
        for look in looks
    ]
    _lines(axes, "answers", at, values)
    axes.set_yscale("symlog", linthresh=10)


def _lateness(axes: Axes, late: Mapping[str, list[Late]]) -> None:
    axes.set_ylabel("late by, s: p95, and\ndotted the latest of 30 s")
    for name, told in late.items():
        at = [each.at / 60 for each in told]
        (line,) = axes.plot(at, [each.p95 for each in told], label=name, linewidth=1)
        axes.plot(at, [each.latest for each in told], color=line.get_color(), linewidth=0.7, linestyle=":")
    axes.set_yscale("log")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)


def _mark(every: Iterable[Axes], marks: list[tuple[float, str]]) -> None:
    for number, axes in enumerate(every):
        for minute, name in marks:
            axes.axvline(minute, **FAINT)  # type: ignore[arg-type]
            if number == 0:
                axes.text(minute, 1.02, name, rotation=60, fontsize=6, transform=axes.get_xaxis_transform())
