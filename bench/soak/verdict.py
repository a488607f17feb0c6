"""What must hold when everything has come to its end: what was promised, and that nothing has grown."""

from collections import Counter
from collections.abc import Iterator
from statistics import median

from bench.soak.faults import BREAKING
from bench.soak.looks import Life, Look
from bench.soak.people import Promised
from bench.soak.scene import Happened
from tests.chaos import invariants, notices
from tests.chaos.house import House
from tests.leaks import taken
from tests.services.counter import CounterServer

# In seconds: what has been started must have ended by then, and connections break no longer after a fault that breaks.
ENDS_WITHIN, BREAKS_FOR = 120, 5
# What is ours; Postgres' memory is as large as what it has read.
OURS = ("API", "worker", "JavaScript worker", "scheduler", "Redis")
FLAT = 1.10
# Of open files: the pipes of sandboxes that are at work just then.
A_FEW = {"memory": 0, "files": 8}
# In seconds: what a process that has just started takes is no growth.
WARM_AFTER = 120
# Memory in MB or open files, of whom, before and after.
Growth = tuple[str, str, float, float]


def check_promises(house: House, counter: CounterServer, promised: Promised) -> None:
    """Assert the invariants of docs/promises.md, once all that was begun has ended."""
    ask = house.ask_database
    invariants.wait_for_the_end(ask, seconds=ENDS_WITHIN)
    house.let_pauses_end()
    notices.wait_for_all(ask, seconds=ENDS_WITHIN)
    there = {
        "users": {row[0] for row in ask("SELECT id FROM users")},
        "tasks": {row[0] for row in ask("SELECT id FROM task")},
        "reported": {row[0] for row in ask("SELECT defect_id FROM notification WHERE action = 'create'")},
        "deleted": {row[0] for row in ask("SELECT defect_id FROM notification WHERE action = 'delete'")},
    }
    others = 0
    for kind, found in there.items():
        acknowledged = set(getattr(promised, kind))
        others += len(found - acknowledged) if kind in ("tasks", "reported") else 0
        print(f"{kind}: {len(acknowledged)} acknowledged, {len(acknowledged - found)} missing")
        assert acknowledged <= found, kind
    print(f"{others} tasks and defects more than were acknowledged; {promised.unsure} writes may have been done")
    assert others <= promised.unsure
    notices.check_told(ask, counter, reported=there["reported"], deleted=there["deleted"])
    # What gunicorn says of a process of its that somebody killed is no surprise here.
    log = "\n".join(line for line in (house.log() + house.crew.log()).splitlines() if "was sent SIGKILL" not in line)
    print(*invariants.unexpected(log)[:20], sep="\n")
    invariants.check(ask, there["tasks"], log=log, memory_mb=house.memory_mb)
    assert promised.revived == 0, "a session that was ended was taken"
    assert taken() == [], "a secret was seen"


def check_answers(promised: Promised, happened: list[Happened]) -> None:
    """Assert that nobody was answered what they should not be, and that connections broke only where one must."""
    statuses = Counter(each.status for each in promised.answers)
    print(f"answers: {dict(sorted(statuses.items()))}")
    assert set(statuses) <= {0, 200, 201, 202, 204, 401, 503}, statuses
    breaking = [(each.began, each.ended + BREAKS_FOR) for each in happened if each.fault in BREAKING]
    broken = [each for each in promised.answers if each.status == 0]
    elsewhere = [each for each in broken if not any(began <= each.at <= ended for began, ended in breaking)]
    print(f"{len(broken)} connections broke, {len(elsewhere)} of them when nobody who served was killed")
    assert elsewhere == []


def check_flat(looks: list[Look], lives: list[Life]) -> None:
    """Assert that memory and open files are no more at the end than they were once all was warm."""
    grown = []
    for what, of, before, after in (*_of_all(looks), *_of_each(lives)):
        print(f"{what} of {of}: {before:.1f} to {after:.1f}, {after / before - 1:+.1%}")
        if after > before * FLAT + A_FEW[what]:
            grown.append((what, of))
    assert grown == []


def _of_all(looks: list[Look]) -> Iterator[Growth]:
    """All of ours together: in the second fifth of the time, and in the last."""
    fifth = len(looks) // 5
    if fifth == 0:
        return
    early, late = looks[fifth : 2 * fifth], looks[-fifth:]
    for what in ("memory", "files"):
        before, after = (median(_sum(getattr(look, what)) for look in some) for some in (early, late))
        yield what, "all", before, after


def _sum(by_part: dict[str, float]) -> float:
    return sum(by_part.get(part, 0.0) for part in OURS)


def _of_each(lives: list[Life]) -> Iterator[Growth]:
    """Each that lived for a third of the time or longer: in its first third once it was warm, and in its last."""
    longest = max(life.at[-1] for life in lives)
    for life in lives:
        if life.name not in OURS or life.at[-1] - life.at[0] < longest / 3:
            continue
        warm = sum(at < life.at[0] + WARM_AFTER for at in life.at)
        third = (len(life.at) - warm) // 3
        if third == 0:
            continue
        for what in ("memory", "files"):
            values = getattr(life, what)[warm:]
            yield what, f"{life.name} {life.pid}", median(values[:third]), median(values[-third:])
