"""Brings the database's tables up to date, once, whoever else tries at the same time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playhouse.migrations import Runner

from environment import SettingsError
from models.stores import database, opened

MIGRATIONS = Path(__file__).parent / "migrations"
NAMES = sorted(file.stem for file in MIGRATIONS.glob("[0-9]*.py"))
# Any number that no other use of this database takes.
_ADVISORY_LOCK = 4_237_215


def migrate() -> list[str]:
    """Apply the migrations that are missing and return their names.

    Raises SettingsError for a database that can't hold any text.
    """
    with database.connection_context(), _alone():
        names: list[str] = Runner(database.obj, str(MIGRATIONS)).up()
        return names


@contextmanager
def _alone() -> Iterator[None]:
    if not opened.settings.on_sqlite:
        _refuse_other_encodings()
        # A large table takes longer to migrate than any request may take.
        database.execute_sql("SET statement_timeout = 0")
        database.execute_sql("SET lock_timeout = '60s'")
        # Held by the connection, so that a process that is killed lets go of it.
        database.execute_sql("SELECT pg_advisory_lock(%s)", (_ADVISORY_LOCK,))
        try:
            yield
        finally:
            database.execute_sql("SELECT pg_advisory_unlock(%s)", (_ADVISORY_LOCK,))
        return
    with open(f"{opened.settings.sqlite_path}.migrating", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _refuse_other_encodings() -> None:
    encoding = database.connection().info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise SettingsError(f"DATABASE_URL names a database in {encoding}; make one with ENCODING 'UTF8'.")
