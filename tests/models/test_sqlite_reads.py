"""An error of SQLite's that comes between two rows is Peewee's, as one that comes before the first."""

from collections.abc import Callable
from typing import Any

import pytest

from models import sqlite
from models.driver_errors import is_timeout
from models.stores import DATABASE_FAULTS, database, opened

# The first row comes at once, and there is no second.
ONE_ROW = "SELECT i FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n) WHERE i < 2"


@pytest.mark.parametrize("read", [lambda cursor: cursor.fetchall(), lambda cursor: [cursor.fetchone() for _ in "ab"]])
def test_the_deadline_of_reads_holds_between_rows_too(
    stores: None, monkeypatch: pytest.MonkeyPatch, read: Callable[[Any], Any]
) -> None:
    if not opened.settings.on_sqlite:
        pytest.skip("Postgres sends all rows before the first is read")
    monkeypatch.setattr(sqlite, "READ_TIMEOUT_SECONDS", 0.2)
    cursor = database.execute_sql(ONE_ROW)
    with pytest.raises(DATABASE_FAULTS) as caught:
        read(cursor)
    assert is_timeout(caught.value)
