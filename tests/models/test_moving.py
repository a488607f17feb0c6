"""Moving from SQLite to Postgres: every row as it is, or none and a sentence."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import peewee
import pytest

from models.copies import CopyFault, copy_from
from models.copies.moving import TABLES
from models.fields import EARLIEST, LATEST
from models.stores import database, opened
from tests import moved
from tests.marks import on_postgres, on_sqlite
from tests.people import Person

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-01-01T00:00:00.000001Z"
ENDS = [f"{end:%Y-%m-%dT%H:%M:%S.%fZ}" for end in (EARLIEST, LATEST)]
# What a format of lines and tabs, or another encoding, could spoil.
HOSTILE = [
    "",
    "\\N",
    "\\.",
    "a\tb\nc\rd\\e",
    "'\"`;--",
    '{"a": "\\u0000", "b": "\\ud800"}',
    "😀 é \x01 \x7f \u2028",
    "NULL",
]
LARGEST = 2**63 - 1


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file of this release, without rows."""
    folder = tmp_path_factory.mktemp("migrated")
    environment = {"DATA_DIR": str(folder)}
    subprocess.run([sys.executable, "manage.py", "migrate"], cwd=ROOT, env=environment, check=True)
    return folder / "aerie.db"


@pytest.fixture
def file(migrated: Path, tmp_path: Path) -> Path:
    """A copy of it, with a user."""
    file = tmp_path / "aerie.db"
    shutil.copy(migrated, file)
    with writing(file) as source:
        add_user(source, 1)
    return file


@contextmanager
def writing(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file)) as connection, connection:
        yield connection


def add(source: sqlite3.Connection, table: str, **values: Any) -> None:
    marks = ", ".join("?" * len(values))
    source.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))


def add_user(source: sqlite3.Connection, user_id: int, text: str = "{}", moment: str = NOW) -> None:
    add(
        source,
        "users",
        **{"id": user_id, "username": f"user{user_id}{text}", "username_key": f"user{user_id}", "role": "user"},
        **{"data": text, "password_hash": text, "session_epoch": user_id % 1000, "kept_session": None},
        **{"created_at": moment, "updated_at": NOW, "deleted_at": None},
    )


def nothing_was_copied() -> bool:
    return not any(model.select().exists() for model in TABLES)


def test_every_table_and_every_column_is_one_that_is_moved(stores: None) -> None:
    assert {model._meta.table_name for model in TABLES} == {*database.get_tables()} - {
        "schema_migration",
        "sqlite_sequence",
    }
    for model in TABLES:
        columns = {column.name for column in database.get_columns(model._meta.table_name)}
        assert {field.column_name for field in model._meta.sorted_fields} == columns


@on_postgres
def test_every_value_arrives_as_it_was(stores: None, file: Path) -> None:
    with writing(file) as source:
        for number, text in enumerate(HOSTILE, start=2):
            add_user(source, number, text, ENDS[number % 2])
            kept = {"user_id": LARGEST, "key": text, "fingerprint": text, "about": None, "answer": text}
            add(source, "kept_answer", **kept, created_at=NOW)
        add_user(source, LARGEST)
        add(source, "defect", id=LARGEST - 1, comment="It leaks.", comment_key="", timestamp=NOW, user_id=LARGEST)
    before = moved.rows_of_sqlite(file)
    copied = copy_from(file)
    assert moved.rows_of_postgres(opened.settings.database_url) == before
    assert copied == {table: len(rows) for table, rows in before.items()}


@on_postgres
def test_no_id_comes_back_that_was_ever_given_out(stores: None, file: Path, person: Callable[..., Person]) -> None:
    with writing(file) as source:
        add_user(source, 41)
        source.execute("DELETE FROM users WHERE id = 41")
    copy_from(file)
    assert person("dave").id == 42


@on_postgres
def test_the_audit_trail_is_moved_with_its_ids_and_can_not_be_changed_then(stores: None, file: Path) -> None:
    entry = {"id": 7, "user_id": 1, "model": "user", "object_id": "1", "action": "create", "changes": "{}"}
    with writing(file) as source:
        add(source, "audit_entry", timestamp=NOW, **entry)
    copy_from(file)
    assert database.execute_sql("SELECT id FROM audit_entry").fetchall() == [(7,)]
    for change in ("UPDATE audit_entry SET action = 'destroy'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
        with pytest.raises(peewee.DatabaseError, match="append-only"):
            database.execute_sql(change)


@on_postgres
def test_a_nul_is_named_with_its_row_and_nothing_is_copied(stores: None, file: Path) -> None:
    """None gets in through the API, whose JSON is kept as text; SQLite itself takes it."""
    with writing(file) as source:
        add(source, "defect", id=5, comment="It\0leaks.", comment_key="", timestamp=NOW, user_id=1)
    with pytest.raises(CopyFault, match="^defect has the character NUL in comment of row 5, which"):
        copy_from(file)
    assert nothing_was_copied()


@on_postgres
def test_what_postgres_refuses_is_said_and_nothing_is_copied(stores: None, file: Path) -> None:
    with writing(file) as source:
        add_user(source, 2, moment="yesterday or so")
    with pytest.raises(CopyFault, match="^Postgres refused a row of users: invalid input syntax"):
        copy_from(file)
    assert nothing_was_copied()


@on_postgres
def test_a_database_with_rows_is_not_added_to(alice: Person, file: Path) -> None:
    with pytest.raises(CopyFault, match="is not empty: users, audit_entry hold rows"):
        copy_from(file)
    assert database.execute_sql("SELECT username FROM users").fetchall() == [("alice",)]


def older(file: Path) -> None:
    with writing(file) as source:
        source.execute("DELETE FROM schema_migration WHERE name = '0005_defects'")


def newer(file: Path) -> None:
    with writing(file) as source:
        add(source, "schema_migration", name="9999_wonders", applied=NOW)


def not_a_database(file: Path) -> None:
    file.write_text("Dear diary")


@on_postgres
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (older, "older release; run"),
        (newer, "newer release"),
        (not_a_database, "can't be read"),
        (os.unlink, "no file"),
    ],
)
def test_a_file_that_is_not_of_this_release_is_refused(
    stores: None, file: Path, spoil: Callable[[Path], None], why: str
) -> None:
    spoil(file)
    with pytest.raises(CopyFault, match=why):
        copy_from(file)
    assert nothing_was_copied()


@on_postgres
@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_file_that_a_service_has_open_is_refused(stores: None, file: Path, mode: str) -> None:
    with closing(sqlite3.connect(file)) as service:
        service.execute(f"PRAGMA journal_mode = {mode}")
        reading = service.execute("SELECT id FROM users UNION ALL SELECT 2")
        reading.fetchone()
        with pytest.raises(CopyFault, match="in use; stop the service first"):
            copy_from(file)
        assert nothing_was_copied()


@on_sqlite
def test_only_postgres_is_moved_to(stores: None, file: Path) -> None:
    with pytest.raises(CopyFault, match="must name an empty Postgres database"):
        copy_from(file)
