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


def test_tasks_that_had_ended_before_are_counted(database: Any) -> None:
    Runner(database, str(MIGRATIONS)).up("0005_defects")
    at = "'2026-01-01T00:00:00.000000Z'"
    database.execute_sql(
        f"""
        INSERT INTO users (id, username, username_key, role, data, password_hash, session_epoch, created_at, updated_at)
        VALUES (1, 'alice', 'alice', 'user', '{{}}', '', 0, {at}, {at})
        """
    )
    before = ["succeeded", "succeeded", "failed", "queued"]
    for number, status in enumerate(before):
        send_at, finished_at = (at, "NULL") if status == "queued" else ("NULL", at)
        database.execute_sql(
            f"""
            INSERT INTO task
                (id, type, params, owner_id, status, logs, created_at, weight, attempt, deaths, send_at, finished_at)
            VALUES ('{number}', 'delay', '{{}}', 1, '{status}', '[]', {at}, 0, 0, 0, {send_at}, {finished_at})
            """
        )
    Runner(database, str(MIGRATIONS)).up()
    database.execute_sql(f"UPDATE task SET status = 'cancelled', send_at = NULL, finished_at = {at} WHERE id = '3'")
    found = database.execute_sql(
        "SELECT status, SUM(number) FROM task_tally GROUP BY status ORDER BY status"
    ).fetchall()
    assert [tuple(row) for row in found] == [("cancelled", 1), ("failed", 1), ("succeeded", 2)]
