"""A million people in a database, with the deleted, the admins and the names that make lists hard."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg

from bench.servers import sign_in
from models.schema import migrate
from models.stores import connect
from models.user import User
from settings import Settings

PEOPLE = 1_000_000
DELETED_TOGETHER = range(475_000, 525_000)
NOW = "2026-01-01T00:00:00.000000Z"
COLUMNS = (
    "username", "username_key", "email", "email_key", "role", "data",
    "password_hash", "session_epoch", "created_at", "updated_at", "deleted_at",
)  # fmt: skip

Row = tuple[Any, ...]


def fill(settings: Settings) -> dict[str, str]:
    """Migrate an empty database and fill it; the tokens of alice and of root."""
    connect(settings)
    migrate()
    tokens = sign_in()
    alice = User.get(User.username == "alice")
    load(settings, "users", COLUMNS, _rows(alice.password_hash))
    return tokens


def load(settings: Settings, table: str, columns: Iterable[str], rows: Iterator[Row]) -> None:
    """Put many rows into a table in one transaction."""
    into = f"{table} ({', '.join(columns)})"
    if settings.on_sqlite:
        marks = ", ".join("?" for _ in columns)
        _load_sqlite(settings.sqlite_path, f"INSERT INTO {into} VALUES ({marks})", rows)
    else:
        _load_postgres(settings.database_url, f"COPY {into} FROM STDIN", rows)


def _rows(password_hash: str) -> Iterator[Row]:
    for n in range(PEOPLE):
        deleted = is_deleted(n)
        # Names come free with a deletion, and addresses may be shared: both have lists of many pages.
        name = "again" if n in DELETED_TOGETHER and n % 10 == 0 else f"user{n}"
        email = ("shared" if n % 100 == 1 else name) + "@example.com" if n % 2 else None
        role = "admin" if n % 1000 == 7 else "user"
        yield name, name, email, email, role, "{}", password_hash, 0, NOW, NOW, NOW if deleted else None


def is_deleted(n: int) -> bool:
    """Whether somebody is, who was the n-th to come after alice and root."""
    return n % 100 == 50 or n in DELETED_TOGETHER


def _load_sqlite(path: str, insert: str, rows: Iterator[Row]) -> None:
    connection = sqlite3.connect(path)
    # In KiB: room for all that an index gets out of its order, which else is written many times.
    connection.execute("PRAGMA cache_size = -1000000")
    with connection:
        connection.executemany(insert, rows)
    connection.close()


def _load_postgres(url: str, insert: str, rows: Iterator[Row]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        with connection.cursor().copy(insert) as copy:
            for row in rows:
                copy.write_row(row)
        # As autovacuum would have done before long.
        connection.execute("VACUUM ANALYZE")
