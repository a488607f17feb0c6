"""Copies of the database: made, brought back, and moved to Postgres."""

import os
from pathlib import Path

from commands.stores import open_stores
from models import copies
from serve import sole_user_of


def back_up(file: str) -> int:
    """Write a copy of the SQLite database to a new file, while the service runs or not."""
    open_stores()
    copies.back_up(Path(file))
    print(f"{file} holds all that was acknowledged when this began; it was checked.")
    return 0


def restore(file: str) -> int:
    """Put a backup in the place of the SQLite database, whose service must be stopped."""
    lock = sole_user_of(open_stores().data_dir, otherwise="stop it first")
    aside = copies.restore(Path(file))
    os.close(lock)
    print(f"Restored from {file}. Everybody has to log in again.")
    if aside is not None:
        print(f"What was there before is kept as {aside}; remove it when nobody misses anything.")
    return 0


def after_restore() -> int:
    """Do to a database that was brought back by other means what `restore` does to one of SQLite."""
    open_stores()
    copies.part_from_lost_time()
    print("Everybody has to log in again, and new ids are a million further on.")
    return 0


def copy_from(file: str) -> int:
    """Fill the empty Postgres database of DATABASE_URL from a SQLite file."""
    open_stores()
    for table, rows in copies.copy_from(Path(file)).items():
        print(f"{table}: {rows} rows")
    print("All is there. Don't start the service on the old file again: each would do the work of both.")
    return 0
