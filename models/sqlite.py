"""SQLite as we open it: durable, and fair to those who want to write at the same time."""

# mypy: allow-untyped-calls

import math
import sqlite3
import threading
import time
from typing import Any

import peewee

from models.group_commit import GroupCommitDatabase
from models.patience import patiently

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
WRITES = ("INSERT", "UPDATE", "DELETE")
# As `statement_timeout` on Postgres; a write is never interrupted, since SQLite would undo its whole group.
READ_TIMEOUT_SECONDS = 5.0
INSTRUCTIONS_BETWEEN_LOOKS = 20_000
# Turns the driver's errors into Peewee's.
AS_PEEWEES: Any = peewee.__dict__["__exception_wrapper__"]


class _Cursor(sqlite3.Cursor):
    """Raises Peewee's errors while rows are read, too; Peewee sees to what comes before the first row alone."""

    def fetchone(self) -> Any:
        try:
            return super().fetchone()
        except sqlite3.Error:
            with AS_PEEWEES:
                raise

    def fetchall(self) -> list[Any]:
        try:
            return super().fetchall()
        except sqlite3.Error:
            with AS_PEEWEES:
                raise


class _Connection(sqlite3.Connection):
    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


class PatientDatabase(GroupCommitDatabase):
    """Waits for others' transactions by itself.

    SQLite sleeps for 1, 2, 5, 10 ms and longer between two looks, and most transactions are over in a third of one:
    whoever has slept finds that another has begun. Here the threads of a process take turns, and only one of them
    looks whether another process is done: after a tenth of a millisecond, and then less and less often.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, pragmas=PRAGMAS, timeout=self.LOCK_TIMEOUT, factory=_Connection)
        # Until when the statement of a thread may run, by time.monotonic().
        self._running = threading.local()

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """Run a statement, within a transaction or as one of its own; a read for 5 seconds at most."""
        run = super().execute_sql
        self._running.until = time.monotonic() + READ_TIMEOUT_SECONDS if sql.startswith("SELECT") else math.inf
        if self.in_transaction():
            return run(sql, params)
        if not sql.startswith(WRITES):
            return patiently(lambda: run(sql, params), time.monotonic() + self.LOCK_TIMEOUT)
        with self.transaction():
            return run(sql, params)

    def _add_conn_hooks(self, conn: sqlite3.Connection) -> None:
        super()._add_conn_hooks(conn)
        conn.set_progress_handler(self._is_overdue, INSTRUCTIONS_BETWEEN_LOOKS)

    def _is_overdue(self) -> bool:
        return time.monotonic() > getattr(self._running, "until", math.inf)
