"""Statements so frequent that building their SQL anew would cost more than running it."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import peewee

from models.fields import DocumentField, InstantField
from models.stores import BaseModel, database

Row = TypeVar("Row", bound=BaseModel)


class PreparedRow(Generic[Row]):
    """A row by one value of one column, with its SQL built once.

    Peewee takes 300 µs to build such a query and to wrap its row, and 8 to run it; this is for the
    few reads that every request makes.
    """

    def __init__(self, model: type[Row], column: peewee.Field, *, without: Sequence[peewee.Field] = ()) -> None:
        self._model, self._column = model, column
        self._database: Any = None
        self._sql = ""
        # By their names, since two columns that are compared make an SQL expression.
        others = {each.name for each in without}
        fields = self._fields = [each for each in model._meta.sorted_fields if each.name not in others]
        self._names = [each.name for each in fields]
        self._converted = [
            (each.name, each.python_value) for each in fields if isinstance(each, InstantField | DocumentField)
        ]

    def find(self, value: Any) -> Row | None:
        """Read the row; None if there is none."""
        if self._database is not database.obj:
            self._prepare()
        values = database.execute_sql(self._sql, (value,)).fetchone()
        return None if values is None else self._row(values)

    def query(self) -> Any:
        """A query of such rows, for `all`."""
        return self._model.select(*self._fields)

    def all(self, query: peewee.ModelSelect) -> list[Row]:
        """Run a query of such rows, and wrap them in half the time that Peewee takes."""
        sql, parameters = query.sql()
        return [self._row(values) for values in database.execute_sql(sql, parameters).fetchall()]

    def _row(self, values: Sequence[Any]) -> Row:
        found = self._model(__no_default__=True)
        # Straight into the row's own dictionary: as it was read, with nothing to save.
        found.__data__.update(zip(self._names, values, strict=True))
        for name, to_python in self._converted:
            found.__data__[name] = to_python(found.__data__[name])
        return found

    def _prepare(self) -> None:
        # Last, so that another thread never meets this database with the SQL of another dialect.
        self._sql, _ = self.query().where(self._column == peewee.SQL(database.param)).sql()
        self._database = database.obj


class PreparedChange:
    """Changes of a row that must *still* be what it was, with the SQL for each set of columns built once.

    Peewee takes 250 µs to build such an UPDATE, and SQLite 70 to commit it.
    """

    def __init__(self, model: type[BaseModel], *still: peewee.Field) -> None:
        self._model, self._still = model, still
        self._prepared: dict[tuple[Any, frozenset[str]], tuple[str, list[Any]]] = {}

    def write(self, fields: dict[str, Any], *still: Any) -> bool:
        """Write these fields; False if the row is not that any more, value by value."""
        key = (database.obj, frozenset(fields))
        sql, columns = self._prepared.get(key) or self._prepare(key)
        values = [column.db_value(fields[column.name]) for column in columns]
        written: int = database.rows_affected(database.execute_sql(sql, (*values, *still)))
        return written > 0

    def _prepare(self, key: tuple[Any, frozenset[str]]) -> tuple[str, list[Any]]:
        # In the order in which Peewee writes them.
        columns = [each for each in self._model._meta.sorted_fields if each.name in key[1]]
        query = self._model.update({each: peewee.SQL(database.param) for each in columns})
        for each in self._still:
            query = query.where(each == peewee.SQL(database.param))
        prepared = self._prepared[key] = query.sql()[0], columns
        return prepared
