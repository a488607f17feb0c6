"""A million tasks: nearly all are delays of users that have ended long ago; JavaScript is of two admins."""

import random
from collections.abc import Iterator

from bench.deeds import BUSY, moment, whose
from bench.million import PEOPLE, Row, load
from settings import Settings

TASKS = PEOPLE
# By their ids: who asks, and an admin of whose tasks root sees none. What else is BUSY's is alice's.
ALICE, ROOT, OTHER_ADMIN = 1, 2, 10
# What a script of that admin's has left: more in a row than of anybody else.
BY_SCRIPT = range(500_000, 520_000)
# Of each thousand in a row; every eighth, from 1 on, is JavaScript.
STATUSES = {2: "queued", 3: "running", 9: "running", **dict.fromkeys(range(20, 30), "failed"), 33: "failed"}
LATELY_CANCELLED = range(TASKS - 1000, TASKS)
WHEN_QUEUED, WHEN_ENDED = ("send_at", "due_at"), ("started_at", "finished_at")
TASK = (
    "id", "type", "params", "owner_id", "status", "result", "logs", "created_at", "request_id",
    "weight", "attempt", "deaths", *WHEN_QUEUED, *WHEN_ENDED,
)  # fmt: skip


def fill_chores(settings: Settings) -> None:
    """Fill a database that has its people."""
    load(settings, "task", TASK, _tasks(random.Random(3)))


def _tasks(dice: random.Random) -> Iterator[Row]:
    for n in range(TASKS):
        owner = _owner(n, dice)
        is_script = owner in (ROOT, OTHER_ADMIN)
        kind, params = ("javascript", '{"code":"6*7"}') if is_script else ("delay", '{"seconds":1}')
        status, when = _status(n), moment(n)
        queued = (when, when) if status == "queued" else (None, None)
        ended = (None if status == "queued" else when, when if status in ("succeeded", "failed", "cancelled") else None)
        result = "42" if status == "succeeded" else None
        row_id = f"{dice.getrandbits(128):032x}"
        yield row_id, kind, params, owner, status, result, "[]", when, f"{n:032x}", 20, 1, 0, *queued, *ended


def _owner(n: int, dice: random.Random) -> int:
    user = whose(n, dice)
    if n in BY_SCRIPT:
        return OTHER_ADMIN
    if n % 8 == 1:
        return ROOT if n % 16 == 1 else OTHER_ADMIN
    return ALICE if user == BUSY else user


def _status(n: int) -> str:
    if n in LATELY_CANCELLED:
        return "cancelled"
    return STATUSES.get(n % 1000, "succeeded")
