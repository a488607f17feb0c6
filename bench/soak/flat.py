"""Whether memory and open files are no more at the end than they were once all was warm."""

from collections.abc import Iterator
from statistics import median

from bench.soak.looks import Life, Look

# What is ours; Postgres' memory is as large as what it has read.
OURS = {"API", "worker", "JavaScript worker", "scheduler"}
WITH_REDIS = OURS | {"Redis"}
FLAT = 1.10
# Of open files: the pipes of sandboxes that are at work just then.
A_FEW = {"memory": 0, "files": 8}
# In seconds: what a process that has just started takes is no growth.
WARM_AFTER = 120
# Memory in MB or open files, of whom, before and after.
Growth = tuple[str, str, float, float]


def check_flat(looks: list[Look], lives: list[Life]) -> None:
    """Assert it of all together, and of one process of each kind at least that lived for long."""
    judged = list(_of_each(lives))
    grown = []
    for what, of, before, after in (*_of_all(looks), *judged):
        print(f"{what} of {of}: {before:.1f} to {after:.1f}")
        if after > before * FLAT + A_FEW[what]:
            grown.append((what, of))
    assert not grown, grown
    assert {of.rpartition(" ")[0] for _, of, _, _ in judged} >= OURS, "of some kind nobody lived for long enough"


def _of_all(looks: list[Look]) -> Iterator[Growth]:
    """All together: in the second fifth of the time, and in the last."""
    fifth = max(1, len(looks) // 5)
    early, late = looks[fifth : 2 * fifth], looks[-fifth:]
    for what in ("memory", "files"):
        before, after = (median(_sum(getattr(look, what)) for look in some) for some in (early, late))
        yield what, "all", before, after


def _sum(by_part: dict[str, float]) -> float:
    return sum(by_part.get(part, 0.0) for part in WITH_REDIS)


def _of_each(lives: list[Life]) -> Iterator[Growth]:
    """Each that worked for half of the time or longer: in its first third once it was warm, and in its last."""
    longest = max(life.at[-1] for life in lives)
    for life in lives:
        if not life.works or life.name not in WITH_REDIS or life.at[-1] - life.at[0] < longest / 2:
            continue
        warm = sum(at < life.at[0] + min(WARM_AFTER, longest / 4) for at in life.at)
        third = max(1, (len(life.at) - warm) // 3)
        for what in ("memory", "files"):
            values = getattr(life, what)[warm:]
            yield what, f"{life.name} {life.pid}", median(values[:third]), median(values[-third:])
