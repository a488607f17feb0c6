"""The tables: made once, whoever else makes them at the same time."""

import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import peewee
import psycopg
import pytest

from models.schema import MIGRATIONS, migrate
from models.stores import database
from tests.people import Person
from tests.services import databases
from tests.services.databases import Asking
from tests.services.postgres import new_database
from tests.system.server import run

ROOT = Path(__file__).parent.parent.parent
NAMES = sorted(file.stem for file in MIGRATIONS.glob("0*.py"))
MIGRATE = """
from models.schema import migrate
from models.stores import connect
from settings import Settings
connect(Settings.or_exit())
input()
print(*migrate())
"""


@pytest.fixture(params=databases.OF_PARTS)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Mapping[str, str]:
    """What the environment says of a database without tables."""
    environ = {"DATA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    if request.param == databases.POSTGRES:
        url = new_database(request.getfixturevalue("postgres_server"), "aerie_empty")
        return environ | {"DATABASE_URL": url, "SECRET_KEY": "k" * 32}
    return environ


def test_a_database_that_can_not_hold_any_text_is_refused(postgres_server: str, tmp_path: Path) -> None:
    """Where Postgres was set up in the locale C, its databases are in SQL_ASCII unless they say otherwise."""
    url = new_database(postgres_server, "aerie_ascii", how="ENCODING 'SQL_ASCII' TEMPLATE template0")
    environ = {"DATA_DIR": str(tmp_path), "DATABASE_URL": url, "SECRET_KEY": "k" * 32}
    ran = run([sys.executable, "manage.py", "migrate"], **environ)
    assert ran.returncode == 1
    assert ran.stderr == ("aerie: DATABASE_URL names a database in SQL_ASCII; make one with ENCODING 'UTF8'.\n")


def test_migrating_again_does_nothing(alice: Person) -> None:
    assert migrate() == []
    assert migrate() == []
    assert alice.as_actor().username == "alice"


def test_the_migrations_are_numbered_without_a_gap() -> None:
    assert [int(name[:4]) for name in NAMES] == list(range(1, len(NAMES) + 1))


def test_of_four_processes_that_migrate_at_once_one_does_it(empty_database: Mapping[str, str]) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(empty_database),
            text=True,
        )
        for _ in range(4)
    ]
    # All have been started, and wait for a line, before the first may begin.
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=30) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, said
    done = sorted(name for output, _ in said for name in output.split())
    assert done == NAMES
    assert {"users", "audit_entry"} <= tables(empty_database)


def test_nobody_is_there_at_first_but_an_admin_who_was_named(empty_database: Mapping[str, str]) -> None:
    ask = Asking(empty_database.get("DATABASE_URL", f"sqlite:///{empty_database['DATA_DIR']}/aerie.db"))
    named = {"ADMIN_USERNAME": "root", "ADMIN_PASSWORD": "root's long password"}
    for admin, there in (({}, []), (named, [("root", "admin")])):
        assert run([sys.executable, "manage.py", "migrate"], **empty_database, **admin).returncode == 0
        assert ask("SELECT username, role FROM users") == there


@pytest.mark.parametrize("column", ["username", "username_key", "role", "data", "password_hash", "created_at"])
def test_an_account_needs_all_of_its_columns(alice: Person, column: str) -> None:
    with pytest.raises(peewee.IntegrityError):
        database.execute_sql(f"UPDATE users SET {column} = NULL")


def test_there_are_two_roles_and_no_other(alice: Person) -> None:
    with pytest.raises(peewee.IntegrityError):
        database.execute_sql("UPDATE users SET role = 'root'")


def tables(environ: Mapping[str, str]) -> set[str]:
    if "DATABASE_URL" in environ:
        with psycopg.connect(environ["DATABASE_URL"]) as server:
            rows = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    else:
        connection = sqlite3.connect(Path(environ["DATA_DIR"]) / "aerie.db")
        rows = connection.execute("SELECT name FROM sqlite_master").fetchall()
        connection.close()
    return {row[0] for row in rows}
