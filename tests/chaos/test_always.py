"""Each question that a database is asked after a fault finds what it is about."""

import pytest

from models.defect import Defect
from models.defect_document import NewDefect
from models.task import Task
from models.task_kinds import NewDelay
from tests.chaos.always import faults
from tests.chaos.invariants import ask_here
from tests.people import Person

AUDITED_TWICE = """
    INSERT INTO audit_entry (user_id, model, object_id, action, timestamp, changes, request_id)
    SELECT user_id, model, object_id, action, timestamp, changes, 'another' FROM audit_entry
    WHERE model = '{}' AND action = 'create'
"""
TOLD_TOO_MUCH = """
    INSERT INTO notification (defect_id, user_id, action, status, attempts, created_at, give_up_at, delivered_at)
    SELECT defect_id, user_id, 'delete', 'delivered', 1, created_at, give_up_at, created_at FROM notification
"""
NEVER_SENT = """
    UPDATE notification SET status = 'delivered', delivered_at = created_at, next_attempt_at = NULL, send_at = NULL
"""
PLANTED = {
    "a user whose beginning is not audited once": AUDITED_TWICE.format("user"),
    "a task whose beginning is not audited once": AUDITED_TWICE.format("task"),
    "a defect whose beginning is not audited once": AUDITED_TWICE.format("defect"),
    "a user who is neither there nor deleted": "DELETE FROM users WHERE username = 'bob'",
    "died too often": "UPDATE task SET deaths = 3",
    "delivered, and never sent": NEVER_SENT,
    "audited, but without one notice": "DELETE FROM notification",
    "more notices than entries": TOLD_TOO_MUCH,
    "a defect that is neither there nor deleted, or both": "DELETE FROM defect",
}


@pytest.mark.parametrize(("name", "statement"), PLANTED.items(), ids=PLANTED)
def test_what_is_wrong_is_found(alice: Person, bob: Person, name: str, statement: str) -> None:
    Defect.report(NewDefect(comment="It leaks."), by=alice.as_actor())
    Task.submit(NewDelay(seconds=60), by=alice.as_actor())
    assert faults(ask_here) == {}
    ask_here(statement)
    assert name in faults(ask_here)
