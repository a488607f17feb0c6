"""A million people in a database, with the deleted, the admins and the names that make lists hard."""

import sqlite3
from collections.abc import Iterator
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


def fill(settings: Settings) -> dict[str, str]:
    """Migrate an empty database and fill it; the tokens of alice and of root."""
    connect(settings)
    migrate()
    tokens = sign_in()
    alice = User.get(User.username == "alice")
    if settings.on_sqlite:
        _fill_sqlite(settings.sqlite_path, _rows(alice.password_hash))
    else:
        _fill_postgres(settings.database_url, _rows(alice.password_hash))
    return tokens


def _rows(password_hash: str) -> Iterator[tuple[Any, ...]]:
    for n in range(PEOPLE):
        deleted = n % 100 == 50 or n in DELETED_TOGETHER
        # Names come free with a deletion, and addresses may be shared: both have lists of many pages.
        name = "again" if n in DELETED_TOGETHER and n % 10 == 0 else f"user{n}"
        email = ("shared" if n % 100 == 1 else name) + "@example.com" if n % 2 else None
        role = "admin" if n % 1000 == 7 else "user"
        yield name, name, email, email, role, "{}", password_hash, 0, NOW, NOW, NOW if deleted else None


def _fill_sqlite(path: str, rows: Iterator[tuple[Any, ...]]) -> None:
    connection = sqlite3.connect(path)
    marks = ", ".join("?" * len(COLUMNS))
    with connection:
        connection.executemany(f"INSERT INTO users ({', '.join(COLUMNS)}) VALUES ({marks})", rows)  # noqa: S608
    connection.close()


def _fill_postgres(url: str, rows: Iterator[tuple[Any, ...]]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        with connection.cursor().copy(f"COPY users ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        # As autovacuum would have done before long.
        connection.execute("VACUUM ANALYZE users")
