"""What migrations make of rows that were there before them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peewee
import pytest
from playhouse.migrations import Runner
from playhouse.postgres_ext import Psycopg3Database

from models.names import caseless
from models.schema import MIGRATIONS
from tests.services import databases
from tests.services.postgres import new_database

EMAILS = ["Some.One@Example.com", "STRASSE@straße.example", "ﬁ@example.com", None]


@pytest.fixture(params=databases.OF_PARTS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A database of its own, without tables."""
    if request.param == databases.POSTGRES:
        found = Psycopg3Database(new_database(request.getfixturevalue("postgres_server"), "aerie_migrated"))
    else:
        found = peewee.SqliteDatabase(str(tmp_path / "aerie.db"))
    with found.connection_context():
        yield found


def test_addresses_that_were_there_before_are_found_whatever_their_case(database: Any) -> None:
    Runner(database, str(MIGRATIONS)).up("0002_audit")
    for number, email in enumerate(EMAILS):
        values = (f"user{number}", f"user{number}", email)
        database.execute_sql(
            f"""
            INSERT INTO users
                (username, username_key, email, role, data, password_hash, session_epoch, created_at, updated_at)
            VALUES
                ({", ".join([database.param] * 3)}, 'user', '{{}}', '', 0, '2026-01-01 00:00Z', '2026-01-01 00:00Z')
            """,
            values,
        )
    Runner(database, str(MIGRATIONS)).up()
    found = database.execute_sql("SELECT email, email_key FROM users ORDER BY id").fetchall()
    assert [tuple(row) for row in found] == [(email, email and caseless(email)) for email in EMAILS]
