"""SQLite's transactions of several threads: one commit for all of them, and each on its own all the same."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import peewee
import pytest

from models import turns
from models.sqlite import PatientDatabase
from models.stores import database, drop_connection
from tests.faults import sqlite_file
from tests.marks import on_sqlite
from tests.services.processes import wait_until

pytestmark = on_sqlite


def nothing() -> None:
    """Do it."""


def refuse() -> None:
    raise ZeroDivisionError


def undo_by_sqlite() -> None:
    """As it does by itself when the disk is full."""
    database.connection().rollback()


def promise(tell: Callable[[list[int]], None], number: int, then: Callable[[], object]) -> None:
    """Have a number told once it is kept, and do one thing more."""
    database.obj.after_shared_commit(tell, number)
    then()


class Writers:
    """Threads that write a number each, one after the other, and end their transactions when they are told to."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads
        self._gates: list[threading.Event] = []
        self._written = 0
        self.statements: list[str] = []
        self.done: list[Future[None]] = []

    def begin(self, number: int, then: Callable[[], object] = nothing) -> None:
        """Have a thread write a number in its turn, and do one thing more at the end."""
        gate = threading.Event()
        self._gates.append(gate)
        self.done.append(self._threads.submit(self._write, number, gate, then))
        wait_until(lambda: self._written + waiting() == len(self.done), seconds=5, what="one who writes or waits")

    def end(self, number_of: int = 1) -> None:
        """Have those end who began first, and who have not."""
        for _ in range(number_of):
            self._gates.pop(0).set()

    def wait_for(self, written: int) -> None:
        """Wait until so many have written."""
        wait_until(lambda: self._written == written, seconds=5, what=f"{written} who have written")

    def _write(self, number: int, gate: threading.Event, then: Callable[[], object]) -> None:
        try:
            with database.atomic():
                database.connection().set_trace_callback(self.statements.append)
                self._written += 1
                database.execute_sql("INSERT INTO mark VALUES (?)", (number,))
                assert gate.wait(10)
                then()
        finally:
            drop_connection()  # which the traceback would keep


def waiting() -> int:
    """How many wait for their turn."""
    return len(database.obj._turns._waiting)


@pytest.fixture
def writers(stores: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writers]:
    monkeypatch.setattr(turns, "LEFT_TO_OTHERS", 60)  # however slow this machine is
    database.execute_sql("CREATE TABLE mark (number INTEGER PRIMARY KEY)")
    with ThreadPoolExecutor() as threads:
        made = Writers(threads)
        yield made
    made.done.clear()  # else their tracebacks keep connections, which a test of restoring would find
    database.execute_sql("DROP TABLE mark")


def kept() -> list[int]:
    """What somebody else reads."""
    other = sqlite3.connect(sqlite_file())
    found = [number for (number,) in other.execute("SELECT number FROM mark ORDER BY number")]
    other.close()
    return found


def test_one_commit_keeps_what_all_have_written_who_waited(writers: Writers) -> None:
    for number in (1, 2, 3):
        writers.begin(number)
    writers.end(2)
    writers.wait_for(3)
    assert not any(each.done() for each in writers.done)
    assert kept() == []
    writers.end()
    for each in writers.done:
        each.result(timeout=5)
    assert kept() == [1, 2, 3]
    assert [each for each in writers.statements if each.startswith(("BEGIN", "COMMIT"))] == ["COMMIT"]


@pytest.mark.parametrize("fails", [0, 1, 2])
def test_who_fails_undoes_nothing_of_the_others(writers: Writers, fails: int) -> None:
    for number in (0, 1, 2):
        writers.begin(number, refuse if number == fails else nothing)
    writers.end(3)
    for number, each in enumerate(writers.done):
        if number == fails:
            with pytest.raises(ZeroDivisionError):
                each.result(timeout=5)
        else:
            each.result(timeout=5)
    assert kept() == [number for number in (0, 1, 2) if number != fails]


def test_who_fails_tells_of_nothing_that_is_not_kept(writers: Writers) -> None:
    """They may have failed for what another has written: a name that is taken, a key that was used."""
    for number in (1, 1, 3):
        writers.begin(number)
    writers.end(2)
    writers.wait_for(3)
    assert not writers.done[1].done()
    writers.end()
    with pytest.raises(peewee.IntegrityError):
        writers.done[1].result(timeout=5)
    assert kept() == [1, 3]


def test_what_follows_is_done_once_for_all_who_are_kept_together_and_for_nobody_else(writers: Writers) -> None:
    told: list[list[int]] = []

    def tell(numbers: list[int]) -> None:
        told.append(numbers)
        assert kept() == [0, 2]

    for number, then in enumerate((nothing, refuse, nothing)):
        writers.begin(number, partial(promise, tell, number, then))
    writers.end(2)
    writers.wait_for(3)
    assert told == []
    writers.end()
    writers.done[0].result(timeout=5)
    assert told == [[0, 2]]


def test_what_follows_may_fail_and_fails_nobody(writers: Writers, capfd: pytest.CaptureFixture[str]) -> None:
    def fail(numbers: list[int]) -> None:
        raise ZeroDivisionError

    told: list[list[int]] = []
    writers.begin(1, partial(promise, fail, 1, nothing))
    writers.begin(2, partial(promise, told.append, 2, nothing))
    writers.end(2)
    for each in writers.done:
        each.result(timeout=5)
    assert (kept(), told) == ([1, 2], [[2]])
    assert "ZeroDivisionError" in capfd.readouterr().out


def test_whoever_has_nothing_that_follows_waits_for_the_commit_alone(writers: Writers) -> None:
    """Else a Redis that says nothing would keep those waiting who ask it for nothing."""
    goes_on = threading.Event()

    def linger(numbers: list[int]) -> None:
        goes_on.wait(10)

    writers.begin(1, partial(promise, linger, 1, nothing))
    writers.begin(2)
    writers.begin(3, partial(promise, linger, 3, nothing))
    writers.end(3)
    writers.done[1].result(timeout=5)
    assert not writers.done[0].done()
    goes_on.set()
    writers.done[0].result(timeout=5)


@pytest.mark.parametrize("fault", [undo_by_sqlite, drop_connection])
def test_what_is_not_kept_nobody_is_told_of(writers: Writers, fault: Callable[[], object]) -> None:
    """Those who went before are told that it failed, and those who failed too; whoever comes later is not."""
    told: list[list[int]] = []
    writers.begin(1, partial(promise, told.append, 1, nothing))
    writers.begin(2, refuse)
    writers.begin(3, fault)
    writers.end(3)
    for each in writers.done[:2]:
        with pytest.raises((peewee.OperationalError, peewee.InterfaceError)):
            each.result(timeout=5)
    assert writers.done[2].exception(timeout=5)
    assert kept() == []
    assert told == []
    writers.begin(4)
    writers.end()
    writers.done[3].result(timeout=5)
    assert kept() == [4]


def test_a_commit_that_fails_fails_for_all_of_it(writers: Writers) -> None:
    # A deferred constraint shows at the commit.
    database.execute_sql("CREATE TABLE child (of INTEGER REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED)")
    writers.begin(1)
    writers.begin(2, lambda: database.execute_sql("INSERT INTO child VALUES (4711)"))
    writers.end(2)
    for each in writers.done:
        with pytest.raises(peewee.IntegrityError):
            each.result(timeout=5)
    assert kept() == []
    database.execute_sql("DROP TABLE child")


@pytest.mark.parametrize("statement", ["commit", "rollback"])
def test_a_fault_at_the_end_of_a_transaction_ends_the_turn_too(
    writers: Writers, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    """However it is called: without memory it is no error of the database's."""
    with monkeypatch.context() as short, pytest.raises(MemoryError):
        short.setattr(peewee.SqliteDatabase, statement, lambda _: (_ for _ in ()).throw(MemoryError))
        with database.atomic():
            database.execute_sql("INSERT INTO mark VALUES (1)")
            if statement == "rollback":
                refuse()
    assert kept() == []
    database.execute_sql("INSERT INTO mark VALUES (2)")
    assert kept() == [2]


def test_what_cannot_be_opened_is_a_fault_of_the_database_and_heals(
    writers: Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database.execute_sql("SELECT count(*) FROM mark").fetchone() == (0,)
    database.obj._let_writer_go()
    with monkeypatch.context() as away, pytest.raises(peewee.OperationalError, match="unable to open"):
        away.setattr(database.obj, "database", "/nowhere/aerie.db")
        database.execute_sql("INSERT INTO mark VALUES (1)")
    database.execute_sql("INSERT INTO mark VALUES (2)")
    assert kept() == [2]


def test_other_processes_have_their_turn(writers: Writers, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many threads of this one wait."""
    monkeypatch.setattr(turns, "LEFT_TO_OTHERS", 0)
    for number in (1, 2, 3):
        writers.begin(number)
    writers.end()
    writers.done[0].result(timeout=5)
    assert kept() == [1]
    writers.end(2)
    for each in writers.done:
        each.result(timeout=5)
    assert kept() == [1, 2, 3]


def test_who_waits_too_long_for_a_turn_leaves_it_to_others(writers: Writers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PatientDatabase, "LOCK_TIMEOUT", 0.2)
    writers.begin(1)
    writers.begin(2)
    with pytest.raises(peewee.OperationalError, match="locked"):
        writers.done[1].result(timeout=5)
    assert waiting() == 0
    writers.end()
    writers.done[0].result(timeout=5)
    assert kept() == [1]


ACKNOWLEDGE = """
import sys, threading
from models.sqlite import PatientDatabase
database = PatientDatabase(sys.argv[1])
def write(thread):
    for number in range(1_000_000):
        with database.atomic():
            database.execute_sql("INSERT INTO mark VALUES (?)", (16 * number + thread,))
        sys.stdout.write(f"{16 * number + thread}\\n")
        sys.stdout.flush()
for thread in range(16):
    threading.Thread(target=write, args=(thread,)).start()
"""


def test_what_was_acknowledged_is_there_when_a_process_is_killed(writers: Writers) -> None:
    """R01, where sixteen threads commit together: with an answer before the commit, some would be missing."""
    command = [sys.executable, "-c", ACKNOWLEDGE, str(sqlite_file())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(200)]
        process.kill()
        told += [int(line) for line in process.stdout.read().splitlines()[:-1]]
    assert set(told) <= set(kept())
