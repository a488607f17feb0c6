"""What makes a SQLite file a sound copy: looked at when it is made, and again before it is used."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from models.schema import NAMES

# Without them the audit trail could be changed.
TRIGGERS = {"audit_entry_keeps", "audit_entry_stays", "audit_entry_is_not_replaced"}


class CopyFault(Exception):
    """A copy can't be made or used; the text is one sentence."""


@contextmanager
def said_in_a_sentence(what: str) -> Iterator[None]:
    """Turn what SQLite and the system say into a CopyFault that begins with what can't be done."""
    try:
        yield
    except sqlite3.Error as error:
        raise CopyFault(f"{what}: {error}.") from None
    except OSError as error:
        raise CopyFault(f"{what}: {error.strerror}.") from None


@contextmanager
def opened(file: Path, mode: str = "ro") -> Iterator[sqlite3.Connection]:
    """A connection to a file that must be there."""
    if not file.is_file():
        raise CopyFault(f"There is no file {file}.")
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)) as found:
        yield found


@contextmanager
def alone_with(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a file that nobody else has open, nor can open until the block ends."""
    with opened(file, "rw") as found:
        found.execute("PRAGMA busy_timeout = 0")
        # In WAL mode every connection holds a lock for as long as it lives, which this one waits for.
        found.execute("PRAGMA locking_mode = EXCLUSIVE")
        try:
            found.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise CopyFault(f"{file} is in use; stop the service first.") from None
            raise
        yield found


def check(connection: sqlite3.Connection, file: Path) -> None:
    """Raise CopyFault unless a file is whole, an Aerie's, and of this release or one before it."""
    if connection.execute("PRAGMA integrity_check(1)").fetchall() != [("ok",)]:
        raise CopyFault(f"{file} is damaged.")
    if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise CopyFault(f"{file} is damaged: something belongs to nobody.")
    if not applied(connection):
        raise CopyFault(f"{file} is no database of Aerie's.")
    if set(applied(connection)) - set(NAMES):
        raise CopyFault(f"{file} is of a newer release of Aerie.")
    triggers = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    if not triggers >= TRIGGERS:
        raise CopyFault(f"{file} lacks the triggers that keep the audit trail.")


def applied(connection: sqlite3.Connection) -> list[str]:
    """The migrations that a file has seen; none if it is somebody else's."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_migration'").fetchone() is None:
        return []
    return [name for (name,) in connection.execute("SELECT name FROM schema_migration ORDER BY name")]
