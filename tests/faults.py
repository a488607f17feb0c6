"""Stores that are away, as a test's own fault."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from limits.storage import RedisStorage

from models import stores
from models.redis_link import NO_WAITING, RedisLink
from models.stores import database, drop_connection, opened


@contextmanager
def redis_away() -> Iterator[None]:
    """Nobody listens where Redis was."""
    link, throttle = opened.redis, opened.rate_limits
    nowhere = "unix:///nowhere/redis.sock"
    opened.redis = RedisLink(nowhere)
    opened.rate_limits = RedisStorage(nowhere, key_prefix="limits", **NO_WAITING)
    try:
        yield
    finally:
        opened.redis, opened.rate_limits = link, throttle


@contextmanager
def no_audit() -> Iterator[None]:
    """No entry of the audit trail can be written: whoever tries gets a peewee.DatabaseError."""
    database.execute_sql("ALTER TABLE audit_entry RENAME TO elsewhere")
    try:
        yield
    finally:
        database.execute_sql("ALTER TABLE elsewhere RENAME TO audit_entry")


@contextmanager
def database_away() -> Iterator[None]:
    """The database, of whichever kind it is, can't be connected to."""
    url = "sqlite:////nowhere/aerie.db" if opened.settings.on_sqlite else "postgresql://nobody@/none?host=/nowhere"
    before = database.obj
    database.initialize(stores._database(replace(opened.settings, database_url=url)))
    try:
        yield
    finally:
        drop_connection()
        database.initialize(before)


def sqlite_file() -> Path:
    """Where the SQLite database of this test is."""
    assert opened.settings.on_sqlite
    return Path(opened.settings.sqlite_path)
