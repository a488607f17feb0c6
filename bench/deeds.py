"""What a million people have done: a million defects, the notices of them, and a million entries in the audit trail."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from bench.million import PEOPLE, Row, load
from settings import Settings

DEFECTS = NOTICES = ENTRIES = PEOPLE
# By their ids: a third of everything is BUSY's, a tenth somebody's who is DELETED; what FEW did is all over it, what
# EARLY and LATE did in the first tenth and in the last alone.
BUSY, EARLY, LATE, FEW, DELETED = 3, 4, 5, 6, 53
FIRST_TENTH, LAST_TENTH = range(DEFECTS // 10), range(DEFECTS - DEFECTS // 10, DEFECTS)
# A defect that somebody changes by a script, and people who were erased with all that they had, in one request.
CHANGED_OFTEN = "7"
ERASED, ERASED_IN = range(600_000, 620_000), "e" * 32
# Four entries of one moment, and then some seconds of none.
AT_ONCE, APART = 4, timedelta(seconds=24)
START = datetime(2026, 1, 1, tzinfo=UTC)

DEFECT = ("comment", "comment_key", "timestamp", "user_id")
NOTICE = (
    "defect_id", "user_id", "action", "request_id", "status", "attempts", "created_at",
    "last_attempt_at", "delivered_at", "give_up_at", "next_attempt_at", "send_at",
)  # fmt: skip
ENTRY = ("user_id", "model", "object_id", "action", "timestamp", "changes", "request_id")

KINDS = ["session"] * 300 + ["defect"] * 400 + ["task"] * 200 + ["user"] * 99 + ["notification"]
ACTIONS = ["create"] * 5 + ["update"] * 2 + ["destroy"] * 3
CHANGES = {
    "create": '{"comment":[null,"***"],"user":[null,3]}',
    "update": '{"comment":["***","***"],"user":[3,4]}',
    "destroy": '{"comment":["***",null],"user":[3,null]}',
}


def fill_deeds(settings: Settings) -> None:
    """Fill a database that has its people."""
    # The same dice twice, so that a notice has the user of its defect.
    load(settings, "defect", DEFECT, _defects(random.Random(1)))
    load(settings, "notification", NOTICE, _notices(random.Random(1)))
    load(settings, "audit_entry", ENTRY, _entries(random.Random(2)))


def moment(n: int) -> str:
    """When about the n-th entry was written."""
    return _text(n // AT_ONCE)


def whose(n: int, dice: random.Random) -> int:
    """Who did the n-th thing."""
    share = dice.random()
    if share < 0.3:
        return BUSY
    if share < 0.4:
        return DELETED
    if share < 0.6 and (n in FIRST_TENTH or n in LAST_TENTH):
        return EARLY if n in FIRST_TENTH else LATE
    return FEW if share > 0.9995 else 3 + dice.randrange(PEOPLE)


def _defects(dice: random.Random) -> Iterator[Row]:
    for n in range(DEFECTS):
        # One of ten comments has a word in common, and one of a hundred thousand.
        word = "a seldom light" if n % 100_000 == 7 else "the printer" if n % 10 == 7 else "one lamp more"
        comment = f"In room {n % 977} {word} is out of order again, as it was in week {n % 53}."
        yield comment, comment.lower(), moment(n), whose(n, dice)


def _notices(dice: random.Random) -> Iterator[Row]:
    """One of each defect that is there; nearly all have been delivered, and those of an outage long ago have failed."""
    for n in range(NOTICES):
        when, user = moment(n), whose(n, dice)
        failed, pending = n in FIRST_TENTH and n % 100 == 1, n % 1000 == 2
        status = "failed" if failed else "pending" if pending else "delivered"
        delivered_at, next_at = when if status == "delivered" else None, when if pending else None
        yield n + 1, user, "create", f"{n:032x}", status, 1, when, when, delivered_at, when, next_at, next_at


def _entries(dice: random.Random) -> Iterator[Row]:
    for n in range(ENTRIES):
        kind, action, user = dice.choice(KINDS), dice.choice(ACTIONS), whose(n, dice)
        if kind == "session" and action == "update":
            action = "create"  # nobody changes one
        about, disorder = _object(n, kind, dice), dice.choice((-2, -1, 0, 0, 1, 2))
        tick, request = max(0, n // AT_ONCE + disorder), f"{n // 3:032x}"
        if n in ERASED:
            action, tick, request = "destroy", ERASED.start // AT_ONCE, ERASED_IN
        yield user, kind, about, action, _text(tick), CHANGES[action], request


def _object(n: int, kind: str, dice: random.Random) -> str:
    if kind in ("session", "task"):
        return f"{dice.getrandbits(128):032x}"
    return CHANGED_OFTEN if kind == "defect" and dice.random() < 0.05 else str(n)


@lru_cache(maxsize=8)
def _text(tick: int) -> str:
    return (START + tick * APART).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
