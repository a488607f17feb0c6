"""What becomes busy, and how late everything is, from 1x to 1,000x."""

from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.scale.mix import Deed
from bench.scale.plans import API, DENO, POSTGRES, REDIS, SCHEDULER, WORKER
from bench.scale.record import summed_up
from bench.scale.scales import Scaled

# The same picture of the same run, with its text as text.
matplotlib.rcParams.update({"svg.hashsalt": "aerie", "svg.fonttype": "none", "font.size": 8, "axes.grid": True})
INCHES = (9.0, 7.5)
SHOWN = (POSTGRES, REDIS, API, WORKER, DENO, SCHEDULER)


def draw(file: Path, designed: list[Scaled], taken_over: list[Scaled]) -> None:
    """Write it as SVG."""
    figure = Figure(figsize=INCHES, layout="constrained")
    busy, late = figure.subplots(2, sharex=True)
    times = [each.times for each in designed]
    for part in SHOWN:
        busy.plot(times, [each.outcome.busy[part] for each in designed], marker="o", markersize=3, label=part)
    busy.set_ylabel("busy, with one Postgres of 16 cores and one Redis")
    busy.set_ylim(0, 1.05)
    _late(late, designed, "o", "-")
    _late(late, taken_over, "s", "")
    late.set_ylabel("p95, ms (squares: with what takes over)")
    late.set_xlabel("times the load of 1x")
    late.set_yscale("log")
    for axes in (busy, late):
        axes.set_xscale("log")
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    figure.savefig(file, metadata={"Date": None})


def _late(axes: Axes, scaled: list[Scaled], marker: str, line: str) -> None:
    times = [each.times for each in scaled if each.is_done_in_time]
    for colour, (name, values) in enumerate(_curves(scaled).items()):
        label = name if line else None
        axes.plot(times, values, marker=marker, markersize=4, linestyle=line or "none", color=f"C{colour}", label=label)


def _curves(scaled: list[Scaled]) -> dict[str, list[float]]:
    scaled = [each for each in scaled if each.is_done_in_time]
    answered = [summed_up(each.outcome.answered) for each in scaled]
    followed = [summed_up(each.outcome.followed) for each in scaled]
    return {
        **{f"{deed}, answered": [each[deed][1] * 1000 for each in answered] for deed in (Deed.READ, Deed.REPORT)},
        "notice, after its report": [each[Deed.REPORT][1] * 1000 for each in followed],
        "delay, after its time": [each[Deed.DELAY][1] * 1000 for each in followed],
        "JavaScript, after its POST": [each[Deed.JAVASCRIPT][1] * 1000 for each in followed],
    }
