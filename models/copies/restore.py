"""How a backup comes back: alone, checked, and with nothing left that counted in the time that is lost.

Whoever logged in after the backup, or got an id, is unknown to it. It would give that id to somebody else, and raise a
user's epoch to one that was there before, under which Redis may still hold sessions. So both go on far beyond.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from models import stores
from models.copies.drafts import drafted
from models.copies.sound import CopyFault, alone_with, check, opened, said_in_a_sentence
from models.stores import database

# More than what happens between a backup and the next.
BEYOND = 1_000_000
NO_SESSION_COUNTS = f"UPDATE users SET session_epoch = session_epoch + {BEYOND}, kept_session = NULL"  # noqa: S608
# An empty table may have been filled meanwhile, too.
NO_ID_RETURNS_ON_SQLITE = (
    """
    INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_master
    WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%' AND name NOT IN (SELECT name FROM sqlite_sequence)
    """,
    f"UPDATE sqlite_sequence SET seq = seq + {BEYOND}",  # noqa: S608
)
NO_ID_RETURNS_ON_POSTGRES = (
    "SET LOCAL statement_timeout = 0",
    f"""
    SELECT setval((quote_ident(schemaname) || '.' || quote_ident(sequencename))::regclass,
                  coalesce(last_value, 0) + {BEYOND})
    FROM pg_sequences WHERE schemaname = current_schema()
    """,  # noqa: S608
)
BESIDE = ("-wal", "-shm", "-journal")


def restore(file: Path) -> Path | None:
    """Put a backup in the database's place; return where what was there is now. CopyFault if nothing was changed."""
    settings = stores.opened.settings
    if not settings.on_sqlite:
        raise CopyFault("On Postgres, pg_restore brings backups back; docs/backup.md has the commands.")
    # Where it really is: a link to a larger disk stays one.
    place = Path(settings.sqlite_path).resolve()
    with said_in_a_sentence(f"{file} can't be put in the place of {place}"):
        _leave_alone(place)
        with drafted(place) as draft:
            with opened(file) as source:
                check(source, file)
                source.execute("VACUUM INTO ?", (str(draft),))
            with closing(sqlite3.connect(draft)) as connection, connection:
                # It is a draft until this is done; a journal beside it would be one more file to remove.
                connection.execute("PRAGMA journal_mode = MEMORY")
                _part(connection.execute, NO_ID_RETURNS_ON_SQLITE)
            return _set_aside(place)


def part_from_lost_time() -> None:
    """End all sessions, and let ids go on where none can have been given out, in the database that is opened."""
    sequences = NO_ID_RETURNS_ON_SQLITE if stores.opened.settings.on_sqlite else NO_ID_RETURNS_ON_POSTGRES
    with database.connection_context(), database.atomic():
        _part(database.execute_sql, sequences)


def _part(execute: Callable[[str], object], sequences: tuple[str, ...]) -> None:
    for statement in (*sequences, NO_SESSION_COUNTS):
        execute(statement)


def _leave_alone(place: Path) -> None:
    """Raise CopyFault if somebody has the database open; what a crash left beside it is taken into it."""
    if not place.exists():
        return
    try:
        with alone_with(place):
            pass
    except sqlite3.DatabaseError as error:
        # A damaged one is why there are backups.
        if isinstance(error, sqlite3.OperationalError):
            raise


def _set_aside(place: Path) -> Path | None:
    """Give a database another name as well, and its companions that name alone: they would spoil its successor."""
    aside = place.with_name(f"{place.name}.replaced-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    for suffix in BESIDE:
        companion = Path(f"{place}{suffix}")
        if companion.exists():
            companion.rename(f"{aside}{suffix}")
    if not place.exists():
        return None
    # The name itself passes to the successor in one step, so that there is always one.
    os.link(place, aside)
    return aside
