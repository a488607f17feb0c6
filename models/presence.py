"""Which worker processes were seen lately, as Redis holds it."""

import time

from models.stores import opened

LATELY = 15
EVERY = 5
# What a worker process may be there for; its name begins with them, joined by +.
KINDS = ("javascript", "notices", "scheduler", "tasks")
_KEY = "workers"


def announce(name: str) -> None:
    """Say that a worker process is there; to be said every five seconds."""
    now = int(time.time())
    opened.redis.run_all(("ZADD", _KEY, now, name), ("ZREMRANGEBYSCORE", _KEY, "-inf", f"({now - LATELY}"))


def seen_lately() -> list[str]:
    """The names of the worker processes that were there within the last fifteen seconds."""
    names: list[str] = opened.redis.run("ZRANGEBYSCORE", _KEY, int(time.time()) - LATELY, "+inf")
    return sorted(names)


def alive() -> dict[str, int]:
    """How many were there for each kind of work; whoever is there for two counts for both."""
    kinds = [name.partition("@")[0].split("+") for name in seen_lately()]
    return {kind: sum(kind in each for each in kinds) for kind in KINDS}
