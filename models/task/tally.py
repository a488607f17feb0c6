"""How many tasks have ever ended, by type and status: exact, whatever was erased since, and read from a few rows."""

from __future__ import annotations

from typing import Any

import peewee

from models.stores import BaseModel, database, held
from models.task_kinds import Kind, Status

AT_A_TIME = 5_000
# As many rows as there can be sums, and more: not worth the while.
WORTH_IT = 20


class TaskTally(BaseModel):
    """So many tasks of that type have ended so; the database adds a row in the transaction that ends one."""

    id = peewee.AutoField()
    type = peewee.TextField()
    status = peewee.TextField()
    number = peewee.BigIntegerField()

    class Meta:
        table_name = "task_tally"

    @classmethod
    def totals(cls) -> dict[tuple[Kind, Status], int]:
        """How many have ended; what is not there is none."""
        query: Any = cls.select(cls.type, cls.status, peewee.fn.SUM(cls.number)).group_by(cls.type, cls.status)
        return {(Kind(kind), Status(status)): int(number) for kind, status, number in query.tuples()}

    @classmethod
    def sum_up(cls) -> bool:
        """Put a row for each sum in the place of many, a batch of them; whether there may be more."""
        if cls.select(cls.id).limit(WORTH_IT).count() < WORTH_IT:
            return False
        sums: dict[tuple[str, str], int] = {}
        with database.atomic():
            found = list(held(cls.select().order_by(cls.id).limit(AT_A_TIME), "FOR UPDATE SKIP LOCKED"))
            for row in found:
                sums[row.type, row.status] = sums.get((row.type, row.status), 0) + row.number
            cls.delete().where(cls.id.in_([row.id for row in found])).execute()
            for (kind, status), number in sums.items():
                cls.insert(type=kind, status=status, number=number).execute()
        return len(found) == AT_A_TIME
