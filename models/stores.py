"""The one place that opens the database and Redis, and what every table is made from."""

import select
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import peewee
import psycopg
from limits.storage import MemoryStorage, RedisStorage
from msgspec import UNSET
from playhouse.postgres_ext import Psycopg3Database

from environment import SettingsError
from models.file_modes import make_private
from models.redis_link import NO_WAITING, RedisLink
from models.sqlite import PatientDatabase
from settings import Settings

# What the driver says when the database is locked, full, read-only, hung up or not there.
DATABASE_FAULTS = (peewee.OperationalError, peewee.InterfaceError, peewee.InternalError)

POSTGRES_OPTIONS = "-c statement_timeout=5s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s"

database = peewee.DatabaseProxy()
# What is to do for workers: its kind, and the id of its row.
Message = tuple[str, str | int]


class _Opened:
    """What connect() opened, for the modules of this package."""

    settings: Settings
    redis: RedisLink
    rate_limits: RedisStorage
    # What each process counts for itself: a round trip more would cost too much where it is counted.
    process_counts: MemoryStorage
    send: Callable[[Sequence[Message]], None]
    count_refusal: Callable[[str], None]


opened = _Opened()


def nobody(messages: Sequence[Message]) -> None:
    """Tell nobody of what is to do; the scheduler will."""


def nowhere(reason: str) -> None:
    """Count nothing."""


def connect(
    settings: Settings,
    *,
    send: Callable[[Sequence[Message]], None] = nobody,
    count_refusal: Callable[[str], None] = nowhere,
) -> None:
    """Open all stores for this process; each thread gets its own connection to the database when it first asks.

    *send* tells workers what is to do; it may raise Unavailable.
    *count_refusal* counts a log-in that was refused, by the reason.
    Raises SettingsError if an address can't be understood.
    """
    make_private(settings)
    opened.settings = settings
    opened.send = send
    opened.count_refusal = count_refusal
    opened.redis = RedisLink(settings.redis_url)
    opened.rate_limits = RedisStorage(settings.redis_url, key_prefix="limits", **NO_WAITING)
    opened.process_counts = MemoryStorage()
    database.initialize(_database(settings))


def check_connection() -> None:
    """Drop this thread's database connection if the server has closed it since it was last used.

    A connection at rest has nothing to read, but for the server's goodbye. Costs a system call, and
    keeps the first request after a restart of Postgres from failing.
    """
    if isinstance(database.obj, Psycopg3Database) and not database.is_closed():
        connection = database.connection()
        if connection.closed or _has_something_to_read(connection.pgconn.socket):
            drop_connection()


def _has_something_to_read(descriptor: int) -> bool:
    looking = select.poll()  # select() takes no descriptor above 1023
    looking.register(descriptor, select.POLLIN)
    return bool(looking.poll(0))


def drop_connection() -> None:
    """Forget this thread's database connection, so that the next use opens a new one."""
    connection = None if database.is_closed() else database.connection()
    database.dispose()
    if connection is not None:
        connection.close()


def database_answers() -> bool:
    """Whether the database can be asked something right now."""
    try:
        database.execute_sql("SELECT 1")
    except DATABASE_FAULTS:
        drop_connection()
        return False
    return True


def _database(settings: Settings) -> peewee.Database:
    if settings.on_sqlite:
        return PatientDatabase(settings.sqlite_path)
    try:
        psycopg.conninfo.conninfo_to_dict(settings.database_url)
    except psycopg.ProgrammingError:
        # What the driver says quotes the address, with a part of the password.
        raise SettingsError("DATABASE_URL can't be taken apart; write special characters in it as %XX.") from None
    postgres: peewee.Database = Psycopg3Database(settings.database_url, connect_timeout=2, options=POSTGRES_OPTIONS)
    return postgres


class BaseModel(peewee.Model):
    """A table of ours."""

    class Meta:
        database = database
        legacy_table_names = False

    @classmethod
    def held(cls, key: int) -> Self | None:
        """Read a row that nobody else may change until this transaction ends; None if it is gone."""
        row: Self | None = held(cls.select().where(cls._meta.primary_key == key)).first()
        return row

    @classmethod
    def insert_for_each(cls, query: Any, columns: list[peewee.Field], alike: dict[str, Any]) -> None:
        """Insert a row for each that a query finds: what that selects into the columns, and the same in all others."""
        fields = [cls._meta.fields[name] for name in alike]
        values = [peewee.Value(field.db_value(alike[field.name]), unpack=False) for field in fields]
        cls.insert_from(query.select(*query.selected_columns, *values), [*columns, *fields]).execute()


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """Wait so long for others' transactions and no longer; SQLite has waited by then, at the beginning of one's own."""
    if isinstance(database.obj, peewee.SqliteDatabase):
        yield
        return
    database.execute_sql(f"SET LOCAL lock_timeout = {round(seconds * 1000)}")
    yield
    database.execute_sql("SET LOCAL lock_timeout TO DEFAULT")


def has_substring(column: peewee.Field, part: str) -> Any:
    """A condition: the column's text contains the part, character by character, whatever LIKE would make of it."""
    find = peewee.fn.instr if isinstance(database.obj, peewee.SqliteDatabase) else peewee.fn.strpos
    return find(column, part) > 0


def narrowed(query: Any, *wanted: tuple[peewee.Field, Any], pairs: Collection[tuple[str, str]] = ()) -> Any:
    """Keep the rows whose columns have the values that are given, those first that fewest rows have in common.

    SQLite finds rows by the first alone, or by the first two if they are one of the *pairs* that have an index: without
    statistics it takes any index for as good as another.
    """
    given = [(column, value) for column, value in wanted if value is not UNSET]
    names = tuple(column.name for column, _ in given[:2])
    found_by = 2 if names in pairs else 1
    for number, (column, value) in enumerate(given):
        query = query.where((column if number < found_by else _unindexed(column)) == value)
    return query


def _unindexed(column: peewee.Field) -> Any:
    on_sqlite = isinstance(database.obj, peewee.SqliteDatabase)
    return peewee.NodeList((peewee.SQL("+"), column), glue="") if on_sqlite else column


def held(query: Any, how: str = "FOR UPDATE") -> Any:
    """Have a query hold its rows until this transaction ends; SQLite's BEGIN IMMEDIATE holds them all."""
    return query if isinstance(database.obj, peewee.SqliteDatabase) else query.for_update(how)
