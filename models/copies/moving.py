"""How a SQLite database moves to Postgres: every row of every table, as it is, or nothing."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from models import stores
from models.audit import AuditEntry
from models.copies.sound import CopyFault, alone_with, applied, check, said_in_a_sentence
from models.defect import Defect
from models.erasure import Erasure
from models.idempotency import KeptAnswer
from models.notification import Notification
from models.schema import NAMES, migrate
from models.stores import BaseModel, database
from models.task import Task
from models.task.tally import TaskTally
from models.user import User

# In an order that foreign keys allow.
TABLES: tuple[type[BaseModel], ...] = (
    User, Erasure, Task, TaskTally, Defect, Notification, KeptAnswer, AuditEntry
)  # fmt: skip
NO_HURRY = ("SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0")


def copy_from(file: Path) -> dict[str, int]:
    """Copy a SQLite file into the empty Postgres database; how many rows of each table. CopyFault if none was."""
    if stores.opened.settings.on_sqlite:
        raise CopyFault(
            "DATABASE_URL must name an empty Postgres database; script/restore is what a SQLite file needs."
        )
    with said_in_a_sentence(f"{file} can't be read"), alone_with(file) as source:
        check(source, file)
        if applied(source) != NAMES:
            raise CopyFault(f"{file} is of an older release; run manage.py migrate on it first.")
        migrate()
        with database.connection_context():
            copied = _copy_all(source)
            database.execute_sql("SET statement_timeout = 0")
            # Else queries are planned for empty tables until Postgres looks for itself.
            database.execute_sql("ANALYZE")
    return copied


def _copy_all(source: sqlite3.Connection) -> dict[str, int]:
    with database.atomic():
        for statement in NO_HURRY:
            database.execute_sql(statement)
        _check_that_all_are_empty()
        copied = {_name(model): _copy(source, model) for model in TABLES}
        for model in TABLES:
            _go_on_with_ids(source, model)
    return copied


def _check_that_all_are_empty() -> None:
    names = [_name(model) for model in TABLES]
    # A service that runs on it already must not write in between.
    database.execute_sql(f"LOCK TABLE {', '.join(names)} IN EXCLUSIVE MODE")
    full = [name for name in names if database.execute_sql(f"SELECT 1 FROM {name} LIMIT 1").fetchone()]  # noqa: S608
    if full:
        raise CopyFault(f"The database that DATABASE_URL names is not empty: {', '.join(full)} hold rows.")


def _copy(source: sqlite3.Connection, model: type[BaseModel]) -> int:
    # What SQLite holds is what Postgres reads: numbers, and text, of moments too.
    columns, table = ", ".join(f'"{each.column_name}"' for each in model._meta.sorted_fields), _name(model)
    try:
        with database.cursor() as cursor:
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in source.execute(f"SELECT {columns} FROM {table}"):  # noqa: S608
                    copy.write_row(row)
            return int(cursor.rowcount)
    except psycopg.Error as error:
        raise CopyFault(_why(error, source, model)) from None


def _why(error: psycopg.Error, source: sqlite3.Connection, model: type[BaseModel]) -> str:
    for place, column in _with_nul(source, model):
        return f"{_name(model)} has the character NUL in {column} of row {place}, which Postgres can't keep."
    return f"Postgres refused a row of {_name(model)}: {str(error).splitlines()[0]}."


def _with_nul(source: sqlite3.Connection, model: type[BaseModel]) -> Iterator[tuple[int, str]]:
    for each in model._meta.sorted_fields:
        looking = f"SELECT rowid FROM {_name(model)} WHERE instr({each.column_name}, char(0)) > 0"  # noqa: S608
        for (place,) in source.execute(looking):
            yield place, each.column_name


def _go_on_with_ids(source: sqlite3.Connection, model: type[BaseModel]) -> None:
    """Have the next id come after the last that was ever given out, though its row may be gone."""
    last = source.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (_name(model),)).fetchone()
    if last is not None:
        key: Any = model._meta.primary_key
        # Of none that was given out, the first comes next.
        sequence = (_name(model), key.column_name, max(last[0], 1), last[0] > 0)
        database.execute_sql("SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)", sequence)


def _name(model: type[BaseModel]) -> str:
    return str(model._meta.table_name)
