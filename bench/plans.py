"""How the database says that it finds what a request asks of a list."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from models.stores import database, opened

Query = tuple[str, tuple[Any, ...]]


def plans(ask: Callable[[], object]) -> list[str]:
    """The lines of the plan of each query that reads a list of users."""
    with _heard() as queries:
        ask()
    explain = "EXPLAIN QUERY PLAN " if opened.settings.on_sqlite else "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) "
    lines = []
    for sql, values in queries:
        if '"users"' in sql and "LIMIT" in sql:
            lines += [sql[sql.index(" FROM ") :]]
            lines += [f"    {row[-1]}" for row in database.execute_sql(explain + sql, values).fetchall()]
    return lines


@contextmanager
def _heard() -> Iterator[list[Query]]:
    """What Peewee says that it asks meanwhile."""
    said: list[Any] = []
    ear = logging.Handler()
    ear.emit = lambda record: said.append(record.msg)  # type: ignore[method-assign]
    peewee = logging.getLogger("peewee")
    level = peewee.level
    peewee.addHandler(ear)
    peewee.setLevel(logging.DEBUG)
    peewee.propagate = False
    try:
        yield said
    finally:
        peewee.removeHandler(ear)
        peewee.setLevel(level)
        peewee.propagate = True
