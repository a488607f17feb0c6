"""Waiting for a lock of SQLite's that another process holds."""

# mypy: allow-untyped-calls

import sqlite3
import time
from collections.abc import Callable
from typing import Any

import peewee

# In seconds, between two looks: by then another process's transaction is mostly over, unless it is a long one. Who has
# waited for long looks hardly less often than who has just come, or would be overtaken for ever.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.0001, 0.001
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def patiently(run: Callable[[], Any], deadline: float) -> Any:
    """Run it until it finds nothing locked; what it raises last when time.monotonic() is past the deadline."""
    pause = SHORTEST_PAUSE
    while True:
        try:
            return run()
        except peewee.OperationalError as error:
            if not _is_locked(error) or time.monotonic() > deadline:
                raise
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


def _is_locked(error: peewee.OperationalError) -> bool:
    # The driver's own error, with the code of SQLite; of extended ones the last byte is the plain one.
    code = getattr(error.__context__, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _LOCKED
