"""How late everything was that had its time, by when it came: from the rows themselves, after the end."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from tests.services.databases import Ask

# In seconds: what came within so many is told together.
TOLD_EVERY = 30

DELAYS = """
    SELECT created_at, finished_at, params FROM task WHERE type = 'delay' AND status = 'succeeded'
"""
JAVASCRIPT = "SELECT created_at, finished_at FROM task WHERE type = 'javascript' AND status = 'succeeded'"
NOTICES = "SELECT created_at, delivered_at FROM notification WHERE status = 'delivered'"


class Late(msgspec.Struct):
    """Of what came within some seconds after *at*: how late the 95th of a hundred and the latest were, in seconds."""

    at: float
    p95: float
    latest: float


def lateness(ask: Ask, since: datetime) -> dict[str, list[Late]]:
    """By what it was: delays beyond their time, JavaScript and notices from when they were asked for."""
    return {
        "delays": _told(((made, done, _seconds(params)) for made, done, params in ask(DELAYS)), since),
        "JavaScript": _told(((made, done, 0) for made, done in ask(JAVASCRIPT)), since),
        "notices": _told(((made, done, 0) for made, done in ask(NOTICES)), since),
    }


def _told(rows: Iterable[tuple[Any, Any, float]], since: datetime) -> list[Late]:
    found: dict[int, list[float]] = {}
    for made, done, wanted in rows:
        began, ended = (datetime.fromisoformat(str(each)) for each in (made, done))
        at = (ended - since).total_seconds()
        found.setdefault(int(at // TOLD_EVERY), []).append((ended - began).total_seconds() - wanted)
    return [_late(number * TOLD_EVERY, sorted(late)) for number, late in sorted(found.items())]


def _late(at: float, late: list[float]) -> Late:
    return Late(at=at, p95=late[int(len(late) * 0.95)], latest=late[-1])


def _seconds(params: Any) -> float:
    read = msgspec.json.decode(params) if isinstance(params, str) else params
    return float(read["seconds"])
