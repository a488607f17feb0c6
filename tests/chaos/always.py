"""What must be true of a database at any moment, whatever has happened: in SQL.

What the tables themselves refuse, such as a task that has ended and is to be sent, is not asked again.
"""

from tests.services.databases import Ask

ENDED = "('succeeded', 'failed', 'cancelled')"


def without_one_entry(model: str, table: str) -> str:
    """Find what exists, and not one audit entry of its beginning."""
    return f"""
        SELECT made.id, count(entry.id) FROM {table} AS made LEFT JOIN audit_entry AS entry
        ON entry.model = '{model}' AND entry.action = 'create' AND entry.object_id = CAST(made.id AS TEXT)
        GROUP BY made.id HAVING count(entry.id) <> 1
    """


# Each finds what must not be.
FAULTS = {
    "a user whose beginning is not audited once": without_one_entry("user", "users"),
    "a task whose beginning is not audited once": without_one_entry("task", "task"),
    "a defect whose beginning is not audited once": without_one_entry("defect", "defect"),
    "a user who is neither there nor deleted": """
        SELECT object_id FROM audit_entry
        WHERE model = 'user' AND object_id NOT IN (SELECT CAST(id AS TEXT) FROM users)
        GROUP BY object_id HAVING max(id) <> coalesce(max(CASE action WHEN 'destroy' THEN id END), 0)
    """,
    "died too often": f"SELECT id FROM task WHERE deaths > 3 OR deaths = 3 AND status NOT IN {ENDED}",
    "delivered, and never sent": "SELECT id FROM notification WHERE status = 'delivered' AND attempts < 1",
    "audited, but without one notice": """
        SELECT entry.object_id, entry.action, count(notice.id) FROM audit_entry AS entry
        LEFT JOIN notification AS notice
        ON CAST(notice.defect_id AS TEXT) = entry.object_id AND notice.user_id = entry.user_id
        AND coalesce(notice.request_id, '') = coalesce(entry.request_id, '')
        AND notice.action = CASE entry.action WHEN 'destroy' THEN 'delete' ELSE entry.action END
        WHERE entry.model = 'defect' AND entry.action IN ('create', 'destroy')
        GROUP BY entry.object_id, entry.action HAVING count(notice.id) <> 1
    """,
    "more notices than entries": """
        SELECT count(*) FROM audit_entry WHERE model = 'defect' AND action IN ('create', 'destroy')
        HAVING count(*) < (SELECT count(*) FROM notification)
    """,
    "a defect that is neither there nor deleted, or both": """
        SELECT made.defect_id FROM notification AS made WHERE made.action = 'create'
        AND EXISTS (SELECT 1 FROM defect WHERE defect.id = made.defect_id)
        = EXISTS (SELECT 1 FROM notification AS gone WHERE gone.defect_id = made.defect_id AND gone.action = 'delete')
    """,
}


def check(ask: Ask) -> None:
    """Assert that nothing is wrong."""
    found = faults(ask)
    assert not found, found


def faults(ask: Ask) -> dict[str, object]:
    """What is wrong, by name; a SQLite file must be whole, too, which is no question to Postgres."""
    found: dict[str, object] = {name: rows[:10] for name, sql in FAULTS.items() if (rows := ask(sql))}
    if ask.on_sqlite and (rows := ask("PRAGMA integrity_check")) != [("ok",)]:
        found["the file is not whole"] = rows[:10]
    return found
