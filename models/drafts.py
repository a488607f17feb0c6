"""New rows, of which all is ready that can be before the transaction, in which others wait."""

from collections.abc import Iterable, Sequence
from typing import Any, Generic

from models.prepared import Prepared, Row, Written
from models.stores import database


class PreparedInsert(Generic[Row]):
    """New rows of a table."""

    def __init__(self, model: type[Row]) -> None:
        self.model = model
        key: Any = model._meta.primary_key
        self.key: str = key.name
        self.written = Written(model)
        self.inserted = Prepared(self._query)

    def insert(self, **given: Any) -> Row:
        """Insert a row with these fields and no others; return it as it is kept."""
        draft = self.draft(**given)
        insert_all([draft])
        return draft.row

    def draft(self, **given: Any) -> "Draft[Row]":
        """Make a row that is to be inserted later, maybe with a few fields more."""
        return Draft(self, given)

    def _query(self, names: Sequence[str], number: int) -> Any:
        return self.model.insert_many([self.written.parameters(names)] * number)


class Draft(Generic[Row]):
    """A row that is to be inserted."""

    def __init__(self, table: PreparedInsert[Row], given: dict[str, Any]) -> None:
        self.table = table
        self.row = table.model(__no_default__=True)
        self.row.__data__ = given
        self.values = table.written.values(given)

    def add(self, **more: Any) -> None:
        """Give it a few fields more."""
        self.row.__data__.update(more)
        self.values |= self.table.written.values(more)


def insert_all(drafts: Sequence[Draft[Row]]) -> None:
    """Insert rows of one table that have the same fields, in one statement; each has its key then, in this order."""
    table = drafts[0].table
    names = table.written.ordered(drafts[0].values)
    values = [each.values[name] for each in drafts for name in names]
    cursor = table.inserted.run(values, names, len(drafts))
    for each, key in zip(drafts, _keys(cursor, len(drafts)), strict=True):
        each.row.__data__[table.key] = key


def _keys(cursor: Any, number: int) -> Iterable[int]:
    if database.returning_clause:
        # Postgres inserts rows in the order of VALUES, and returns them as it does.
        return [row[0] for row in cursor.fetchall()]
    # SQLite numbers the rows of a statement one after the other, and says which was the last.
    last: int = cursor.lastrowid
    return range(last - number + 1, last + 1)
