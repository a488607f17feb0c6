"""The tables in docs/scale.md, each between two marks that name it."""

import re
from collections.abc import Iterable, Iterator

from bench.processes import ROOT
from bench.scale.compared import Row
from bench.scale.mix import SHARES, Deed
from bench.scale.plans import API, CLIENT, DENO, JAVASCRIPT, POSTGRES, REDIS, SCHEDULER, WORKER
from bench.scale.record import Measured, summed_up
from bench.scale.scales import Scaled

FILE = ROOT / "docs" / "scale.md"
PARTS = (API, POSTGRES, REDIS, WORKER, JAVASCRIPT, DENO, SCHEDULER, CLIENT)
MICROSECONDS = 1_000_000


def put(name: str, rows: Iterable[Iterable[object]]) -> None:
    """Put a table in the place of that name; the first row are its headings."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    text = FILE.read_text(encoding="utf-8")
    table = "\n".join([begin, *lines(rows), end])
    new, found = re.subn(f"{begin}\n.*?{end}", lambda _: table, text, flags=re.DOTALL)
    assert found == 1, f"docs/scale.md has no place for {name}"
    FILE.write_text(new, encoding="utf-8")


def lines(rows: Iterable[Iterable[object]]) -> list[str]:
    """A table as Markdown has it."""
    heading, *others = [f"| {' | '.join(map(str, row))} |" for row in rows]
    return [heading, re.sub(r"[^|]+", " --- ", heading), *others]


def costs(measured: Measured) -> Iterator[list[object]]:
    """Microseconds of each part, quiet and full."""
    yield ["what", *PARTS, "all", "WAL, KB"]
    for deed in SHARES:
        cost = measured.costs[deed]
        pairs = [(cost.quiet.get(part, 0.0), cost.full.get(part, 0.0)) for part in PARTS]
        pairs.append((sum(cost.quiet.values()), sum(cost.full.values())))
        yield [deed, *(f"{quiet * MICROSECONDS:,.0f}, {full * MICROSECONDS:,.0f}" for quiet, full in pairs),
               f"{cost.written / 1000:.1f}"]  # fmt: skip


def comparison(rows: Iterable[Row]) -> Iterator[list[object]]:
    """What was measured, what is simulated, and the ratio of the two."""
    yield ["what", "measured", "simulated", "ratio"]
    for row in rows:
        yield [row.what, f"{row.measured:,.1f} {row.unit}", f"{row.simulated:,.1f}", f"{row.ratio:.2f}"]


def carried(rows: Iterable[tuple[str, float, float]]) -> Iterator[list[object]]:
    """What one of a kind carries."""
    yield ["one", "seconds of a core, each second at 1x", "80 % busy at"]
    for part, used, times in rows:
        yield [part, f"{used:.4f}", f"{times:,.0f}x"]


def scales(scaled: Iterable[Scaled]) -> Iterator[list[object]]:
    """How busy what is, and how late."""
    yield ["load", "API", "worker", "Deno", "scheduler", "Postgres", "Redis", "answered/s",
           "GET /, p95 ms", "report, p95 ms", "notice, p95 ms", "delay, p95 ms"]  # fmt: skip
    for each in scaled:
        plan, outcome = each.plan, each.outcome
        answered, followed = summed_up(outcome.answered), summed_up(outcome.followed)
        late = (answered[Deed.READ], answered[Deed.REPORT], followed[Deed.REPORT], followed[Deed.DELAY])
        busy = [
            f"{plan.cores[part]:,} at {outcome.busy[part]:.0%}"
            for part in (API, WORKER, DENO, SCHEDULER, POSTGRES, REDIS)
        ]
        # What can't be done in time waits longer and longer, for as long as one looks.
        told = [f"{p95 * 1000:,.1f}" if each.is_done_in_time else "grows" for _, p95 in late]
        yield [f"{each.times:,}x", *busy, f"{outcome.rate:,.0f}", *told]
