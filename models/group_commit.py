"""SQLite's transactions of many threads: one after the other, and one commit for all of them."""

# mypy: allow-untyped-calls

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

import peewee

from models.patience import patiently
from models.turns import Group, Turns


class GroupCommitDatabase(peewee.SqliteDatabase):
    """Has all threads write over one connection, each in its turn, and reads over one of each thread's own.

    Whoever is done while others wait leaves the commit to them, and goes on when that is done: the disk is waited for
    once for all of them. A savepoint keeps what one undoes apart from what the others did, and nobody, those who failed
    too, tells of anything that is not committed.

    What is asked within a transaction must be read to its end there: the connection is another thread's afterwards.
    """

    LOCK_TIMEOUT = 5.0  # seconds

    _state: Any
    _connect: Any
    _add_conn_hooks: Any

    def __init__(self, path: str, **options: Any) -> None:
        # A deferred transaction that turns to writing can't wait for its turn.
        super().__init__(path, lock_type="IMMEDIATE", check_same_thread=False, **options)
        self._turns = Turns()
        self._writer: sqlite3.Connection | None = None
        # A connection on which something went wrong may be of no use any more.
        self._is_spoiled = False
        self._group: Group | None = None
        # The connection that this thread reads over, while it has its turn.
        self._thread = threading.local()

    def begin(self, lock_type: str | None = None) -> None:
        """Begin a transaction; peewee.OperationalError if others have not ended theirs by the timeout."""
        deadline = time.monotonic() + self.LOCK_TIMEOUT
        own = self.connection()
        if not self._turns.take(self.LOCK_TIMEOUT):
            raise peewee.OperationalError("database is locked")
        self._thread.own, self._thread.afterwards = own, []
        try:
            self._join(lock_type, deadline)
        except BaseException:
            self._is_spoiled = True
            self._leave()
            raise

    def commit(self) -> None:
        """Commit, or have it committed by those who wait; what can't be committed is undone."""
        if not self._state.conn.in_transaction:
            self._fail(peewee.OperationalError("SQLite has undone the transaction"))
        self._end_turn()

    def rollback(self) -> None:
        """Undo this thread's transaction, if it still has one."""
        if not self._has_turn():
            return
        self._thread.afterwards = []
        try:
            if self._group is not None and self._group.members:
                super().execute_sql("ROLLBACK TO member")
            else:
                self._group = None
                super().rollback()
        except peewee.PeeweeException as error:
            # SQLite has undone everything by itself, as when the disk is full.
            self._fail(error)
        except BaseException:
            self._fail(peewee.InterfaceError("the transaction could not be undone"))
            self._leave()
            raise
        self._end_turn()

    def after_shared_commit(self, run: Callable[[list[Any]], None], value: Any) -> None:
        """Once this thread's transaction is kept, have *run* called with the *value* of each that was kept with it.

        At once where there is none. What a savepoint undoes within it takes nothing back.
        """
        if self._has_turn():
            self._thread.afterwards.append((run, value))
        else:
            run([value])

    def close(self) -> bool:
        """Close this thread's connection, and the one that all write over; whoever writes next opens another."""
        was_open: bool = super().close()
        self._let_writer_go()
        return was_open

    def dispose(self) -> None:
        """Forget this thread's connection, and the transaction that is under way on it, for all who take part."""
        if self._has_turn():
            self._fail(peewee.InterfaceError("the connection was dropped"))
            self._leave()
            self._state.conn.close()
        super().dispose()
        self._let_writer_go()

    def _has_turn(self) -> bool:
        return getattr(self._thread, "own", None) is not None

    def _join(self, lock_type: str | None, deadline: float) -> None:
        if self._group is not None:
            self._state.conn = self._writer
            super().execute_sql("SAVEPOINT member")
            return
        if self._writer is None:
            with peewee.__exception_wrapper__:  # type: ignore[attr-defined]
                self._writer = self._connect()
                # What is kept for those who undo what they did would else be in files.
                self._writer.execute("PRAGMA temp_store = memory")
        self._state.conn = self._writer
        begin = super().begin
        patiently(lambda: begin(lock_type), deadline)
        self._group = Group()

    def _end_turn(self) -> None:
        group = self._group
        if group is None:
            self._leave()
            return
        word = group.join(self._thread.afterwards)
        self._leave()
        word.acquire()
        group.check()

    def _leave(self) -> None:
        """Let who has waited longest have the turn, and the commit with it; commit if nobody waits."""
        group, is_last = self._group, True
        try:
            is_last = group is None or not group.takes_more() or not self._turns.hand_on()
            if is_last:
                self._finish()
        finally:
            self._state.conn, self._thread.own = self._thread.own, None
            if is_last and group is not None:
                group.tell()

    def _finish(self) -> None:
        group, self._group = self._group, None
        try:
            if group is not None and group.error is None:
                self._commit(group)
        finally:
            if self._is_spoiled:
                self._drop_writer()
            self._turns.end()

    def _commit(self, group: Group) -> None:
        try:
            super().commit()
            group.is_kept = True
        except peewee.PeeweeException as error:
            group.error = error
        finally:
            if not group.is_kept:
                self._is_spoiled = True

    def _fail(self, error: peewee.PeeweeException) -> None:
        self._is_spoiled = True
        if self._group is not None:
            self._group.error = error

    def _let_writer_go(self) -> None:
        """Whoever lets go of a connection is done with the database, or has met a fault that others may meet too."""
        self._is_spoiled = True
        if self._turns.take_at_once():
            self._drop_writer()
            self._turns.end()

    def _drop_writer(self) -> None:
        writer, self._writer, self._is_spoiled = self._writer, None, False
        if writer is None:
            return
        with contextlib.suppress(sqlite3.Error, MemoryError):
            if writer.in_transaction:
                writer.execute("ROLLBACK")
        with contextlib.suppress(sqlite3.Error):
            writer.close()
