"""SQLite as we open it: durable, and fair to those who want to write at the same time."""

# mypy: allow-untyped-calls

import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

import peewee

PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",  # acknowledged means durable
    "foreign_keys": 1,
    "recursive_triggers": 1,  # else INSERT OR REPLACE would not fire the audit's triggers
    # In pages: so much is written before it is put in its place; with less, most pages are put there again and again.
    "wal_autocheckpoint": 4000,
    # Last, since what stands above may have to wait.
    "busy_timeout": 0,
}
# In seconds.
LOCK_TIMEOUT = 5.0
# In seconds, between two looks: by then another process's transaction is mostly over, unless it is a long one.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.0001, 0.005
WRITES = ("INSERT", "UPDATE", "DELETE")
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class PatientDatabase(peewee.SqliteDatabase):
    """Waits for others' transactions by itself.

    SQLite sleeps for 1, 2, 5, 10 ms and longer between two looks, and most transactions are over in a third of one:
    whoever has slept finds that another has begun. Here the threads of a process take turns, and only one of them
    looks whether another process is done: after a tenth of a millisecond, and then less and less often.
    """

    def __init__(self, path: str) -> None:
        # A deferred transaction that turns to writing can't wait for its turn.
        super().__init__(path, pragmas=PRAGMAS, timeout=LOCK_TIMEOUT, lock_type="IMMEDIATE")
        self._turn = threading.Lock()
        self._thread = threading.local()

    def begin(self, lock_type: str | None = None) -> None:
        """Begin a transaction; peewee.OperationalError if others have not ended theirs by the timeout."""
        begin = super().begin
        self._in_turn(lambda: begin(lock_type))

    def commit(self) -> None:
        """Commit, and let another thread have its turn; what can't be committed is rolled back by whoever began it."""
        super().commit()
        self._end_turn()

    def rollback(self) -> None:
        """Roll back, and let another thread have its turn."""
        try:
            super().rollback()
        finally:
            self._end_turn()

    def dispose(self) -> None:
        """Forget this thread's connection, with whatever transaction is under way."""
        try:
            super().dispose()
        finally:
            self._end_turn()

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """Run a statement, within a transaction or as one of its own."""
        run = super().execute_sql
        if self.in_transaction():
            return run(sql, params)
        if not sql.startswith(WRITES):
            return _patiently(lambda: run(sql, params), time.monotonic() + LOCK_TIMEOUT)
        try:
            return self._in_turn(lambda: run(sql, params))
        finally:
            self._end_turn()

    def _in_turn(self, do: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + LOCK_TIMEOUT
        if not self._turn.acquire(timeout=LOCK_TIMEOUT):
            raise peewee.OperationalError("database is locked")
        self._thread.has_turn = True
        try:
            return _patiently(do, deadline)
        except BaseException:
            self._end_turn()
            raise

    def _end_turn(self) -> None:
        if getattr(self._thread, "has_turn", False):
            self._thread.has_turn = False
            self._turn.release()


def _patiently(run: Callable[[], Any], deadline: float) -> Any:
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
