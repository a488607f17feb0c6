"""Statements so frequent that building their SQL anew would cost more than running it.

Peewee takes 100 to 300 µs to build one, and a database 5 to 70 to run it.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

import peewee

from models.fields import DocumentField, InstantField
from models.stores import BaseModel, database
from models.stores import held as holding

Row = TypeVar("Row", bound=BaseModel)


class Prepared:
    """A statement whose SQL is built once for each *shape* of it, and run with other values each time."""

    def __init__(self, build: Callable[..., Any]) -> None:
        """*build* makes the query of a shape, with a `parameter()` wherever a value will be."""
        self._build = build
        self._built: dict[Any, str] = {}

    def run(self, values: Sequence[Any], *shape: Any) -> Any:
        """Run it with these values, as the database keeps them; return the cursor."""
        key = (database.obj, shape)
        sql = self._built.get(key)
        if sql is None:
            sql, fixed = self._build(*shape).sql()
            if fixed:
                raise ValueError(f"{sql} has values that are no parameters")
            self._built[key] = sql
        return database.execute_sql(sql, values)


def parameter() -> peewee.SQL:
    """Stands in a query for a value that is given when it runs."""
    return peewee.SQL(database.param)


class PreparedRow(Generic[Row]):
    """A row by one value of one column."""

    def __init__(
        self, model: type[Row], column: peewee.Field, *, without: Sequence[peewee.Field] = (), where: Any = None
    ) -> None:
        self._model, self._where = model, where
        # By their names, since two columns that are compared make an SQL expression.
        others = {each.name for each in without}
        self._columns = Columns(*[each for each in model._meta.sorted_fields if each.name not in others])
        self._found = Prepared(lambda how: _held(self.query().where(column == parameter()), how))
        self._found_all = Prepared(
            lambda number, how: _held(self.query().where(column.in_([parameter()] * number)), how)
        )

    def find(self, value: Any, *, held: str = "") -> Row | None:
        """Read the row; None if there is none. It may be *held* until the transaction ends, as FOR SHARE does."""
        values = self._found.run((value,), held).fetchone()
        return None if values is None else self._row(values)

    def find_all(self, values: Sequence[Any], *, held: str = "") -> list[Row]:
        """Read the rows of several values, in one statement."""
        return [self._row(row) for row in self._found_all.run(values, len(values), held).fetchall()]

    def query(self) -> Any:
        """A query of such rows, for `all`."""
        found = self._model.select(*self._columns.fields)
        return found if self._where is None else found.where(self._where)

    def all(self, query: peewee.ModelSelect) -> list[Row]:
        """Run a query of such rows, and wrap them in half the time that Peewee takes."""
        sql, parameters = query.sql()
        return [self._row(values) for values in database.execute_sql(sql, parameters).fetchall()]

    def _row(self, values: Sequence[Any]) -> Row:
        found = self._model(__no_default__=True)
        # Straight into the row's own dictionary: as it was read, with nothing to save.
        found.__data__ = self._columns.named(values)
        return found


class Columns:
    """Some columns of a table, and what their values in a row are called."""

    def __init__(self, *fields: peewee.Field) -> None:
        self.fields = fields
        self._names = [each.name for each in fields]
        self._converted = [
            (each.name, each.python_value) for each in fields if isinstance(each, InstantField | DocumentField)
        ]

    def named(self, values: Sequence[Any]) -> dict[str, Any]:
        """The values of a row by their columns' names."""
        found = dict(zip(self._names, values, strict=True))
        for name, to_python in self._converted:
            found[name] = to_python(found[name])
        return found

    def all(self, cursor: Any) -> list[Any]:
        """Every row of what was found, as a document of these columns and nothing else."""
        # Column by column, which takes three quarters of the time that `named` takes for fifty.
        found = [dict(zip(self._names, values, strict=True)) for values in cursor.fetchall()]
        for name, to_python in self._converted:
            for each in found:
                each[name] = to_python(each[name])
        return found


class Written:
    """How the fields of a table are written."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._fields = model._meta.fields
        self._to_db = {each.name: each.db_value for each in model._meta.sorted_fields}
        self._ordered: dict[tuple[str, ...], tuple[str, ...]] = {}

    def values(self, given: dict[str, Any]) -> dict[str, Any]:
        """The values of fields, as the database keeps them."""
        return {name: self._to_db[name](value) for name, value in given.items()}

    def ordered(self, given: Iterable[str]) -> tuple[str, ...]:
        """The names of fields, in the order in which Peewee writes them."""
        asked = tuple(given)
        known = self._ordered.get(asked)
        if known is None:
            known = self._ordered[asked] = tuple([name for name in self._to_db if name in asked])
        return known

    def parameters(self, names: Iterable[str]) -> dict[peewee.Field, peewee.SQL]:
        """What stands for the values of these fields in a query."""
        return {self._fields[each]: parameter() for each in names}


class PreparedChange:
    """Changes of a row that must *still* be what it was."""

    def __init__(self, model: type[BaseModel], *still: peewee.Field) -> None:
        self._model, self._still = model, still
        self._written = Written(model)
        self._changed = Prepared(self._query)

    def write(self, given: dict[str, Any], *still: Any) -> bool:
        """Write these fields; False if the row is not that any more, value by value."""
        names, values = self._written.ordered(given), self._written.values(given)
        changed = self._changed.run([*(values[name] for name in names), *still], names)
        written: int = database.rows_affected(changed)
        return written > 0

    def _query(self, names: Sequence[str]) -> Any:
        query = self._model.update(self._written.parameters(names))
        for each in self._still:
            query = query.where(each == parameter())
        return query


def _held(query: Any, how: str) -> Any:
    return holding(query, how) if how else query
