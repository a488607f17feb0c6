"""Restoring a file: all of it comes back, whatever lies there, or nothing is changed."""

import fcntl
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from models.account import NewAccount
from models.copies import CopyFault, back_up, restore
from models.stores import database, drop_connection, opened
from models.user import User
from tests.marks import on_postgres, on_sqlite
from tests.people import Person, is_valid

ROOT = Path(__file__).resolve().parents[2]
NEW = "a fresh and long one"


def place() -> Path:
    return Path(opened.settings.sqlite_path)


def set_aside() -> list[Path]:
    return sorted(place().parent.glob(f"{place().name}.replaced-*"))


@pytest.fixture(autouse=True)
def tidy(app: Any) -> Iterator[None]:
    """Leave nothing beside the database that all tests share."""
    yield
    if opened.settings.on_sqlite:
        for file in set_aside():
            file.unlink()


@pytest.fixture
def file(stores: None, tmp_path: Path) -> Path:
    """Where the backup of a test goes."""
    return tmp_path / "backup.db"


def bring_back(file: Path) -> None:
    """Restore, as while the service is stopped."""
    drop_connection()
    restore(file)


@on_sqlite
def test_it_comes_back_as_it_was_and_what_was_there_is_kept(alice: Person, file: Path) -> None:
    back_up(file)
    User.sign_up(NewAccount(username="bob", password=NEW), address="192.0.2.1")
    drop_connection()
    aside = restore(file)
    assert [user.username for user in User.select()] == ["alice"]
    assert database.execute_sql("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert place().stat().st_mode & 0o777 == 0o600
    assert aside is not None
    with closing(sqlite3.connect(aside)) as before:
        assert before.execute("SELECT username FROM users").fetchall() == [("alice",), ("bob",)]


@on_sqlite
def test_a_link_to_where_it_is_stays_a_link(alice: Person, file: Path, tmp_path: Path) -> None:
    back_up(file)
    drop_connection()
    elsewhere = tmp_path / "elsewhere.db"
    place().rename(elsewhere)
    place().symlink_to(elsewhere)
    try:
        bring_back(file)
        assert place().readlink() == elsewhere
        assert [user.username for user in User.select()] == ["alice"]
        assert len(list(tmp_path.glob("elsewhere.db.replaced-*"))) == 1
    finally:
        drop_connection()
        elsewhere.rename(place())


@on_sqlite
def test_what_a_crash_left_beside_the_database_is_not_taken_for_the_backups(alice: Person, file: Path) -> None:
    back_up(file)
    User.sign_up(NewAccount(username="bob", password=NEW), address="192.0.2.1")
    beside = Path(f"{place()}-wal")
    journal = beside.read_bytes()
    drop_connection()
    assert journal
    assert not beside.exists()
    place().unlink()  # as somebody does who makes room for the backup by hand
    beside.write_bytes(journal)
    restore(file)
    assert [user.username for user in User.select()] == ["alice"]
    assert [each.read_bytes() for each in set_aside()] == [journal]


@on_sqlite
def test_a_damaged_database_is_replaced(alice: Person, file: Path) -> None:
    back_up(file)
    drop_connection()
    place().write_bytes(b"\xff" * 200_000)
    bring_back(file)
    assert [user.username for user in User.select()] == ["alice"]


@on_sqlite
def test_a_database_that_somebody_has_open_is_left_alone(alice: Person, file: Path) -> None:
    back_up(file)
    with pytest.raises(CopyFault, match="is in use; stop the service first"):
        restore(file)
    assert set_aside() == []
    assert is_valid(alice.token)


def of_a_newer_release(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_wonders', '2030-01-01')")


def somebody_elses(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE users (id INTEGER)")


def damaged(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def no_database(file: Path) -> None:
    file.write_text("Dear diary")


def gone(file: Path) -> None:
    file.unlink()


@on_sqlite
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (of_a_newer_release, "of a newer release"),
        (somebody_elses, "no database of Aerie's"),
        (damaged, "malformed|damaged"),
        (no_database, "not a database"),
        (gone, "There is no file"),
    ],
)
def test_a_file_that_is_no_sound_backup_changes_nothing(
    alice: Person, file: Path, spoil: Callable[[Path], None], why: str
) -> None:
    back_up(file)
    spoil(file)
    drop_connection()
    before = sorted(place().parent.iterdir())
    with pytest.raises(CopyFault, match=why):
        restore(file)
    assert sorted(place().parent.iterdir()) == before
    assert is_valid(alice.token)


@on_sqlite
def test_nothing_is_restored_under_a_server_that_runs(alice: Person, file: Path, tmp_path: Path) -> None:
    back_up(file)
    lock = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    ran = subprocess.run(
        [sys.executable, "manage.py", "restore", str(file)],
        cwd=ROOT,
        env={"DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(lock)
    assert ran.returncode == 1
    assert ran.stderr == f"aerie: DATA_DIR {tmp_path} is in use by another server; stop it first.\n"
    assert not (tmp_path / "aerie.db").exists()


@on_postgres
def test_on_postgres_it_names_what_does_this_there(stores: None, file: Path) -> None:
    with pytest.raises(CopyFault, match="pg_restore"):
        restore(file)
