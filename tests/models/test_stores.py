"""The database: prepared reads, healed connections, patience with a lock, ids that never return."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import peewee
import pytest

from models.account import MergedProfile, NewAccount, ReplacedProfile
from models.sqlite import PatientDatabase
from models.stores import check_connection, database, database_answers, drop_connection
from models.user import User
from tests.client import Client
from tests.faults import database_away, sqlite_file
from tests.marks import on_postgres, on_sqlite, servers_on_sqlite
from tests.people import Person
from tests.removal import remove_erased
from tests.services.processes import wait_until


def test_a_prepared_read_is_the_plain_query(alice: Person) -> None:
    alice.user.merge_fields(MergedProfile(data={"é": ["\x00", 1.5, None, 2**60]}, email="a@b"), by=alice.as_actor())
    prepared, plain = User.by_id.find(alice.id), User.get_by_id(alice.id)
    assert prepared is not None
    assert prepared.__data__ == plain.__data__
    assert list(prepared.data["é"]) == ["\x00", 1.5, None, 2**60]
    assert prepared.created_at.utcoffset() is not None
    assert User.by_id.find(alice.id + 1) is None


def test_a_prepared_row_can_be_changed_and_saved(alice: Person) -> None:
    row = User.by_id.find(alice.id)
    assert row is not None
    row.email = "new@example.com"
    row.save()
    assert User.get_by_id(alice.id).email == "new@example.com"
    assert User.get_by_id(alice.id).username == "alice"


def test_a_dropped_connection_is_opened_again(alice: Person) -> None:
    drop_connection()
    assert database.is_closed()
    drop_connection()
    assert User.by_id.find(alice.id) is not None


def test_a_fault_in_a_transaction_leaves_nothing_half_done(alice: Person) -> None:
    with pytest.raises(peewee.DatabaseError), database.atomic():
        User.update(email="half@done").execute()
        database.execute_sql("SELECT * FROM nowhere")
    drop_connection()
    assert User.get_by_id(alice.id).email is None


@on_postgres
def test_a_connection_that_postgres_closed_is_noticed_before_it_is_used(alice: Person) -> None:
    pid = database.execute_sql("SELECT pg_backend_pid()").fetchone()[0]
    end_in_another_thread(pid)
    wait_until(is_noticed, seconds=5, what="a goodbye that is noticed")
    assert User.by_id.find(alice.id) is not None


@on_postgres
def test_a_request_after_a_restart_of_postgres_is_answered(api: Client, alice: Person) -> None:
    pid = database.execute_sql("SELECT pg_backend_pid()").fetchone()[0]
    end_in_another_thread(pid)
    wait_until(lambda: backend_is_gone(pid), seconds=5, what="the end of a backend")
    assert api.get("/user/alice", headers=alice.headers, status=200).json["username"] == "alice"


def test_a_database_that_is_away_says_so_and_heals(alice: Person) -> None:
    with database_away():
        assert not database_answers()
    assert database_answers()
    assert User.by_id.find(alice.id) is not None


@on_sqlite
def test_sqlite_waits_for_somebody_who_locks_it_for_three_seconds(alice: Person) -> None:
    other = sqlite3.connect(sqlite_file(), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(3, other.execute, ["COMMIT"])
    release.start()
    assert User.by_id.find(alice.id) is not None
    assert release.is_alive(), "readers don't wait"
    made = User.sign_up(NewAccount(username="bob", password="bob's long password"), address="192.0.2.1")
    assert not release.is_alive()
    assert made.id > alice.id
    other.close()


@on_sqlite
def test_a_turn_to_write_ends_however_a_transaction_ends(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nobody in this process would ever write again."""
    monkeypatch.setattr(PatientDatabase, "LOCK_TIMEOUT", 0.2)
    with pytest.raises(ZeroDivisionError), database.atomic():
        raise ZeroDivisionError
    other = sqlite3.connect(sqlite_file(), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(peewee.OperationalError, match="locked"), database.atomic():
        raise AssertionError("two write at once")
    other.execute("ROLLBACK")
    other.close()
    # A deferred constraint shows at the commit, which fails then.
    database.execute_sql("CREATE TABLE child (of INTEGER REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(peewee.IntegrityError), database.atomic():
        database.execute_sql("INSERT INTO child VALUES (4711)")
    database.execute_sql("DROP TABLE child")
    with pytest.raises(IndexError), database.atomic():
        drop_connection()
    in_another_thread(lambda: alice.user.replace_fields(ReplacedProfile(data={"a": 1}), by=alice.as_actor()))
    assert User.get_by_id(alice.id).data == {"a": 1}


@on_sqlite
def test_threads_that_write_take_turns(alice: Person) -> None:
    """None of them waits for so long that it would give up, and no change is lost."""

    def add(_: int) -> None:
        with database.atomic():
            user = User.held(alice.id)
            assert user is not None
            user.data = {"number": user.data.get("number", 0) + 1}
            user.save()
        drop_connection()

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(add, range(400)))
    assert User.get_by_id(alice.id).data == {"number": 400}


@servers_on_sqlite
@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("recursive_triggers", 1)]
)
def test_every_sqlite_connection_is_set_up_to_last(tmp_path: Path, pragma: str, value: object) -> None:
    there = PatientDatabase(str(tmp_path / "aerie.db"))
    with there.connection_context():
        assert there.execute_sql(f"PRAGMA {pragma}").fetchone()[0] == value


def test_the_newest_id_is_not_used_again(alice: Person, bob: Person) -> None:
    bob.user.erase(by=bob.as_actor())
    remove_erased()
    drop_connection()
    again = User.sign_up(NewAccount(username="bob", password="bob's long password"), address="192.0.2.1")
    assert again.id > bob.id > alice.id


def is_noticed() -> bool:
    check_connection()
    return bool(database.is_closed())


def end_in_another_thread(pid: int) -> None:
    in_another_thread(lambda: database.execute_sql("SELECT pg_terminate_backend(%s)", (pid,)))


def in_another_thread(do: Callable[[], object]) -> None:
    def do_and_leave() -> None:
        do()
        drop_connection()

    thread = threading.Thread(target=do_and_leave)
    thread.start()
    thread.join()


def backend_is_gone(pid: int) -> bool:
    found: list[int] = []

    def look() -> None:
        found.append(database.execute_sql("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone()[0])
        drop_connection()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return found == [0]
