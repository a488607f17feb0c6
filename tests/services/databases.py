"""Which databases the tests run on, as TEST_DATABASE says, and one of its own for each whole server."""

import itertools
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from typing import Any, Protocol

import psycopg

from tests.services.postgres import new_database, one_server

SQLITE, POSTGRES = "sqlite", "postgres"
CHOSEN = os.environ.get("TEST_DATABASE") or None
# Parts are tested on both unless one is chosen; whole servers, which take longer, on one.
OF_PARTS = (SQLITE, POSTGRES) if CHOSEN is None else (CHOSEN,)
OF_SERVERS = CHOSEN or SQLITE
# What is to be refused before a database hears of it needs one: that which takes less. The fuzz run has SQLite.
OF_REFUSALS = (CHOSEN or POSTGRES,)
_numbers = itertools.count(1)


class Ask(Protocol):
    """Runs SQL without parameters, and gives the rows if there are any."""

    @property
    def on_sqlite(self) -> bool: ...

    def __call__(self, sql: str) -> list[Any]: ...


class Asking:
    """Asks a database that others use, over a connection for each question."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.on_sqlite = url.startswith("sqlite:")

    def __call__(self, sql: str) -> list[Any]:
        with closing(self._connected()) as connection:
            return self._asked(connection, sql)

    def _connected(self) -> Any:
        if self.on_sqlite:
            return sqlite3.connect(self.url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
        return psycopg.connect(self.url, autocommit=True, connect_timeout=2)

    def _asked(self, connection: Any, sql: str) -> list[Any]:
        found = connection.execute(sql)
        return found.fetchall() if found.description else []


class AskingOften(Asking):
    """The same over a connection that is kept until it is closed, or a test has ended it."""

    _kept: Any = None

    def __call__(self, sql: str) -> list[Any]:
        try:
            self._kept = self._kept or self._connected()
            return self._asked(self._kept, sql)
        except psycopg.OperationalError:
            self._kept = self._connected()
            return self._asked(self._kept, sql)

    def close(self) -> None:
        """Hang up, until something is asked."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None


def new_for_a_server() -> dict[str, str]:
    """The variables of a whole server that is to have a new Postgres database; none where it is to make a SQLite."""
    if OF_SERVERS == SQLITE:
        return {}
    return {
        "DATABASE_URL": new_database(one_server(), f"aerie_server_{next(_numbers)}_"),
        "SECRET_KEY": "a secret key for servers, 32 bytes or more",
    }


def on(database: str, name: str) -> dict[str, str]:
    """The variables of a whole server on that database; a new one of that name where it is Postgres."""
    return {} if database == SQLITE else {"DATABASE_URL": new_database(one_server(), name)}


def fault_of_choice() -> str | None:
    """What is wrong with TEST_DATABASE, if anything is."""
    if CHOSEN in (None, SQLITE, POSTGRES):
        return None
    return f"TEST_DATABASE must be {SQLITE}, {POSTGRES} or not set, not {CHOSEN!r}."


def is_left_out(about: Iterable[str]) -> bool:
    """Whether a test that is about these databases alone has none of them to run on."""
    return CHOSEN is not None and bool(about) and CHOSEN not in about
