"""How the database says that it finds what a request asks of a list."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from models.stores import database, opened

EXPLAIN = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)"

Query = tuple[str, tuple[Any, ...]]


def plans(ask: Callable[[], object]) -> list[str]:
    """The lines of the plan of each query that reads a page of a list, or counts one."""
    with heard() as queries:
        ask()
    lines = []
    for sql, values in queries:
        if "LIMIT" in sql and ("ORDER BY" in sql or "COUNT(" in sql):
            lines += [sql[sql.index(" FROM ") :]]
            lines += [f"    {line}" for line in (_sqlite if opened.settings.on_sqlite else _postgres)(sql, values)]
    return lines


def _sqlite(sql: str, values: tuple[Any, ...]) -> list[str]:
    return [row[-1] for row in database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()]


def _postgres(sql: str, values: tuple[Any, ...]) -> list[str]:
    """For these values, and for any if that is another plan: the driver prepares what it has asked five times.

    After five more, Postgres takes the one for any values, if it thinks that it is no worse.
    """
    for number in range(len(values)):
        sql = sql.replace("%s", f"${number + 1}", 1)
    found = []
    # It writes the values into the statement: EXECUTE takes no parameters.
    with psycopg.ClientCursor(database.connection()) as cursor:
        cursor.execute(f"PREPARE asked AS {sql}")
        for mode in ("force_custom_plan", "force_generic_plan"):
            cursor.execute(f"SET plan_cache_mode = {mode}")
            cursor.execute(f"{EXPLAIN} EXECUTE asked ({', '.join(['%s'] * len(values))})", values)
            found.append([str(row[0]) for row in cursor.fetchall()])
        cursor.execute("RESET plan_cache_mode")
        cursor.execute("DEALLOCATE asked")
    these, those = found
    return these if _nodes(these) == _nodes(those) else [*these, "For any values:", *those]


def _nodes(plan: list[str]) -> list[str]:
    return [line.split(" (actual")[0] for line in plan if "(actual" in line]


@contextmanager
def heard() -> Iterator[list[Query]]:
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
