"""The rows of a database as both kinds of it hold them, for comparing what was moved."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

TABLES = ("users", "erasure", "task", "task_tally", "defect", "notification", "kept_answer", "audit_entry")
Row = dict[str, Any]


def rows_of_sqlite(file: Path) -> dict[str, list[Row]]:
    """Every row of every table, column by column."""
    with closing(sqlite3.connect(file)) as connection:
        return {table: _rows(connection, table) for table in TABLES}


def rows_of_postgres(url: str) -> dict[str, list[Row]]:
    """The same, with moments written as SQLite has them."""
    with psycopg.connect(url) as connection:
        return {table: _rows(connection, table) for table in TABLES}


def _rows(connection: Any, table: str) -> list[Row]:
    cursor = connection.execute(f"SELECT * FROM {table} ORDER BY {'place' if table == 'task' else 'id'}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, map(_written, row), strict=True)) for row in cursor.fetchall()]


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value
