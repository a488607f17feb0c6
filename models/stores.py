"""The one place that opens the database and Redis, and what every table is made from."""

import select
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Generic, Self, TypeVar

import msgspec
import peewee
from limits.storage import RedisStorage
from playhouse.postgres_ext import Psycopg3Database

from models.redis_link import NO_WAITING, RedisLink
from settings import Settings

# What the driver says when the database is locked, full, hung up or not there.
DATABASE_FAULTS = (peewee.OperationalError, peewee.InterfaceError)

SQLITE_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",  # acknowledged means durable
    "foreign_keys": 1,
    "recursive_triggers": 1,  # else INSERT OR REPLACE would not fire the audit's triggers
}
SQLITE_LOCK_TIMEOUT = 5
POSTGRES_OPTIONS = "-c statement_timeout=5s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s"

database = peewee.DatabaseProxy()


class _Opened:
    """What connect() opened, for the modules of this package."""

    settings: Settings
    redis: RedisLink
    failed_logins: RedisStorage


opened = _Opened()


def connect(settings: Settings) -> None:
    """Open all stores for this process; each thread gets its own connections when it first asks."""
    opened.settings = settings
    opened.redis = RedisLink(settings.redis_url)
    opened.failed_logins = RedisStorage(settings.redis_url, key_prefix="failed", **NO_WAITING)
    database.initialize(_database(settings))
    PreparedRow.forget_all()


def check_connection() -> None:
    """Drop this thread's database connection if the server has closed it since it was last used.

    A connection at rest has nothing to read, but for the server's goodbye. Costs a system call, and
    keeps the first request after a restart of Postgres from failing.
    """
    if isinstance(database.obj, Psycopg3Database) and not database.is_closed():
        socket = database.connection().pgconn.socket
        if select.select([socket], [], [], 0)[0]:
            drop_connection()


def drop_connection() -> None:
    """Forget this thread's database connection, so that the next use opens a new one."""
    if database.is_closed():
        return
    connection = database.connection()
    database.dispose()
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
        return peewee.SqliteDatabase(
            settings.sqlite_path,
            pragmas=SQLITE_PRAGMAS,
            timeout=SQLITE_LOCK_TIMEOUT,
            lock_type="IMMEDIATE",  # a deferred transaction that turns to writing can't wait for its turn
        )
    postgres: peewee.Database = Psycopg3Database(settings.database_url, connect_timeout=2, options=POSTGRES_OPTIONS)
    return postgres


class InstantField(peewee.Field):
    """A moment in UTC: TIMESTAMPTZ in Postgres, text that sorts by time in SQLite."""

    field_type = "TIMESTAMPTZ"

    def db_value(self, value: datetime | None) -> datetime | str | None:
        if value is None or not isinstance(database.obj, peewee.SqliteDatabase):
            return value
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def python_value(self, value: datetime | str | None) -> datetime | None:
        return datetime.fromisoformat(value) if isinstance(value, str) else value and value.astimezone(UTC)


class DocumentField(peewee.TextField):
    """JSON kept as the text we wrote: JSONB would refuse NUL and change numbers and the order of keys."""

    def db_value(self, value: Any) -> str:
        return msgspec.json.encode(value).decode()

    def python_value(self, value: str) -> Any:
        return msgspec.json.decode(value)


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


def held(query: Any) -> Any:
    """Have a query hold its rows until this transaction ends; SQLite's BEGIN IMMEDIATE holds them all."""
    return query if isinstance(database.obj, peewee.SqliteDatabase) else query.for_update()


Row = TypeVar("Row", bound=BaseModel)


class PreparedRow(Generic[Row]):
    """A row by one value of one column, with its SQL built once.

    Peewee takes 300 µs to build such a query and to wrap its row, and 8 to run it; this is for the
    few reads that every request makes.
    """

    _all: list["PreparedRow[Any]"] = []

    def __init__(self, model: type[Row], column: peewee.Field) -> None:
        self._model, self._column = model, column
        self._all.append(self)

    def find(self, value: Any) -> Row | None:
        """Read the row; None if there is none."""
        sql, names, converted = self._prepared
        values = database.execute_sql(sql, (value,)).fetchone()
        if values is None:
            return None
        found = self._model(__no_default__=True)
        # Straight into the row's own dictionary: as it was read, with nothing to save.
        found.__data__.update(zip(names, values, strict=True))
        for name, to_python in converted:
            found.__data__[name] = to_python(found.__data__[name])
        return found

    @cached_property
    def _prepared(self) -> tuple[str, list[str], list[tuple[str, Any]]]:
        fields = self._model._meta.sorted_fields
        sql, _ = self._model.select().where(self._column == peewee.SQL(database.param)).sql()
        converted = [
            (each.name, each.python_value) for each in fields if isinstance(each, InstantField | DocumentField)
        ]
        return sql, [each.name for each in fields], converted

    @classmethod
    def forget_all(cls) -> None:
        """Build the SQL anew: another database may have another dialect."""
        for prepared in cls._all:
            prepared.__dict__.pop("_prepared", None)
