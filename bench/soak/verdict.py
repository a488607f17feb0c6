"""What must hold when everything has come to its end: what was promised, and how soon people were answered."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from bench.soak.faults import BREAKING, TAKING_AWAY, Fault
from bench.soak.people import Answer, Promised
from bench.soak.scene import Happened
from tests.chaos import invariants, notices
from tests.chaos.house import House
from tests.leaks import taken
from tests.services.counter import CounterServer

# In seconds: what has been started must have ended by then.
ENDS_WITHIN = 120
# Connections break so long after a fault that breaks them, and people are put off after one that takes a store away.
BREAKS_FOR, HEALS_WITHIN = 5, 3
# Requests that hash a password.
HASHED = ("log-in", "POST /user")
# Of a hundred that are no passwords, all but one within the first, and all within the second: the machine may stall.
WITHIN, ALL_WITHIN = 1.0, 5.0
# Between two faults, answers that are as they should be.
AT_LEAST = 100
# What each person of a soak is acknowledged, and where it must be.
KEPT = {
    "users": "SELECT id FROM users",
    "tasks": "SELECT id FROM task",
    "reported": "SELECT defect_id FROM notification WHERE action = 'create'",
    "deleted": "SELECT defect_id FROM notification WHERE action = 'delete'",
}


def wait_for_the_end(house: House) -> None:
    """Wait until every task has ended and every notice is delivered."""
    invariants.wait_for_the_end(house.ask_database, seconds=ENDS_WITHIN)
    house.let_pauses_end()
    notices.wait_for_all(house.ask_database, seconds=ENDS_WITHIN)


def check_promises(house: House, counter: CounterServer, promised: Promised, others_before: int) -> None:
    """Assert the invariants of docs/promises.md; *others_before* are rows that nobody of these people made."""
    ask = house.ask_database
    there = {kind: {row[0] for row in ask(sql)} for kind, sql in KEPT.items()}
    others = check_kept(promised, there) - others_before
    print(f"{others} more than were acknowledged, where {promised.unsure} writes may have been done")
    assert 0 <= others <= promised.unsure
    notices.check_told(ask, counter, reported=there["reported"], deleted=there["deleted"])
    # What gunicorn says of a process of its that somebody killed is no surprise here.
    log = "\n".join(line for line in (house.log() + house.crew.log()).splitlines() if "was sent SIGKILL" not in line)
    print(*invariants.unexpected(log)[:20], sep="\n")
    invariants.check(ask, there["tasks"], log=log, memory_mb=house.memory_mb)
    assert promised.revived == 0, "a session that was ended was taken"
    assert taken() == [], "a secret was seen"


def check_kept(promised: Promised, there: dict[str, set[object]]) -> int:
    """Assert that all that was acknowledged is there; how much else is."""
    others = 0
    for kind, found in there.items():
        acknowledged = set(getattr(promised, kind))
        others += len(found - acknowledged)
        print(f"{kind}: {len(acknowledged):,} acknowledged, {len(acknowledged - found)} missing")
        assert acknowledged <= found, kind
    return others


def check_answers(answers: list[Answer], happened: list[Happened]) -> None:
    """Assert that all were answered as they should be, and soon, but where a fault is a reason why not."""
    statuses = Counter(each.status for each in answers)
    print(f"answers: {dict(sorted(statuses.items()))}")
    assert set(statuses) <= {0, 200, 201, 202, 204, 401, 503}, statuses
    broken = _elsewhere(0, answers, happened, BREAKING, BREAKS_FOR)
    # All clients share one network: a few requests wait for a hash, and the rest get 503 and come again.
    unhashed = [each for each in answers if each.asked not in HASHED]
    put_off = _elsewhere(503, unhashed, happened, TAKING_AWAY, HEALS_WITHIN)
    print(f"{len(broken)} connections broke and {len(put_off)} were put off without a reason")
    assert (broken, put_off) == ([], [])
    quick = sorted(each.took for each in unhashed)
    print(f"within {quick[len(quick) * 99 // 100]:.2f} s 99 of 100, and within {quick[-1]:.2f} s all")
    assert (quick[len(quick) * 99 // 100] <= WITHIN, quick[-1] <= ALL_WITHIN) == (True, True)


def check_healed(answers: list[Answer], happened: list[Happened]) -> None:
    """Assert that between two faults people were served."""
    served = [each.at for each in answers if 200 <= each.status < 300]
    for before, after in pairwise(happened):
        began, ended = before.ended + HEALS_WITHIN, after.began
        assert ended < began + AT_LEAST / 10 or sum(began <= at <= ended for at in served) >= AT_LEAST, before


def _elsewhere(
    status: int, answers: list[Answer], happened: list[Happened], reasons: Iterable[Fault], after: float
) -> list[Answer]:
    """Those that were told so while none of the faults, and so many seconds after each, is a reason for it."""
    fair = [(each.began, each.ended + after) for each in happened if each.fault in reasons]
    return [
        each for each in answers if each.status == status and not any(began <= each.at <= end for began, end in fair)
    ]
