"""What must be true of tasks whatever has happened: one check, in SQL."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from models.stores import DATABASE_FAULTS, database, opened
from tests.chaos import always
from tests.chaos.always import ENDED
from tests.chaos.crew import sandboxes
from tests.services.databases import Ask
from tests.services.processes import wait_until

LONG_AGO = "2026-01-01T00:00:00.000000Z"
NOTED = "CREATE TABLE noted (task TEXT, was TEXT, became TEXT)"
# Every change of status, and whatever is written to a row that has ended.
WORTH_A_NOTE = f"old.status <> new.status OR old.status IN {ENDED}"
ON_SQLITE = [
    f"""
    CREATE TRIGGER note AFTER UPDATE ON task WHEN {WORTH_A_NOTE}
    BEGIN INSERT INTO noted VALUES (new.id, old.status, new.status); END
    """
]
ON_POSTGRES = [
    """
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO noted VALUES (new.id, old.status, new.status); RETURN NULL; END $$
    """,
    f"CREATE TRIGGER note AFTER UPDATE ON task FOR EACH ROW WHEN ({WORTH_A_NOTE}) EXECUTE FUNCTION note()",
]
TOUCHED_AFTER_THE_END = f"SELECT task, was, became FROM noted WHERE was IN {ENDED}"
# Each finds what must not be when every task has ended.
FAULTS = {
    "not ended": f"SELECT id, status FROM task WHERE status NOT IN {ENDED}",
    "touched after its end": TOUCHED_AFTER_THE_END,
    "ended other than once": f"""
        SELECT task.id, count(noted.task) FROM task
        LEFT JOIN noted ON noted.task = task.id AND noted.became IN {ENDED}
        GROUP BY task.id HAVING count(noted.task) <> 1
    """,
}


class AskingHere:
    """Asks the database that this process has opened."""

    @property
    def on_sqlite(self) -> bool:
        return opened.settings.on_sqlite

    def __call__(self, sql: str) -> list[Any]:
        cursor = database.execute_sql(sql)
        return cursor.fetchall() if cursor.description else []


ask_here = AskingHere()


def note_changes(ask: Ask) -> None:
    """Have the database note, from now on, what becomes of tasks, so that nothing passes unseen."""
    for statement in [NOTED, *(ON_SQLITE if ask.on_sqlite else ON_POSTGRES)]:
        ask(statement)


def forget_changes(ask: Ask) -> None:
    """Leave a database as it was before `note_changes`."""
    for statement in ("DROP TRIGGER note" + ("" if ask.on_sqlite else " ON task"), "DROP TABLE noted"):
        ask(statement)
    if not ask.on_sqlite:
        ask("DROP FUNCTION note")


def wait_for_the_end(ask: Ask, *, seconds: float) -> None:
    """Wait until every task has ended."""

    def all_ended() -> bool:
        # A database that is held for a moment is asked again.
        with suppress(*DATABASE_FAULTS):
            return ask(f"SELECT id FROM task WHERE status NOT IN {ENDED} LIMIT 1") == []
        return False

    try:
        wait_until(all_ended, seconds=seconds, what="the end of every task")
    except AssertionError as error:
        error.add_note(str(ask(f"SELECT * FROM task WHERE status NOT IN {ENDED} LIMIT 20")))
        raise


def let_leases_end(ask: Ask) -> None:
    """Have the time pass for which dead workers are still believed to be alive: 20 s."""
    ask(f"UPDATE task SET lease_until = '{LONG_AGO}' WHERE lease_until IS NOT NULL")


def let_delays_end(ask: Ask) -> None:
    """Have the time come that delays wait for."""
    ask(f"UPDATE task SET due_at = '{LONG_AGO}' WHERE due_at IS NOT NULL")


def check(ask: Ask, acknowledged: Iterable[str], *, log: str, memory_mb: int | None = None) -> None:
    """Assert them all, after the end of every task."""
    assert sorted(row[0] for row in ask("SELECT id FROM task")) == sorted(acknowledged), "what was promised is there"
    assert {fault: found for fault, sql in FAULTS.items() if (found := ask(sql))} == {}
    always.check(ask)
    if memory_mb is not None:
        assert sandboxes(memory_mb) == [], "a sandbox outlives its task"
    assert unexpected(log) == []


def unexpected(log: str) -> list[str]:
    """The lines that tell of what nobody foresaw."""
    return [line for line in log.splitlines() if "Traceback" in line or '"level":"error"' in line]


def attempts(ask: Ask) -> dict[int, int]:
    """How many tasks were begun how often."""
    return dict(ask("SELECT attempt, count(*) FROM task GROUP BY attempt ORDER BY attempt"))


def seconds_between(since: object, until: object) -> float:
    """How long it was from one moment to another, be they text from SQLite or what Postgres gives."""
    return (datetime.fromisoformat(str(until)) - datetime.fromisoformat(str(since))).total_seconds()
