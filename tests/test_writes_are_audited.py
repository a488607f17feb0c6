"""Every verb that somebody calls and that writes leaves an entry of theirs, in the transaction of what it writes.

A verb is what takes `by`, whoever does it. A new one has no example here until it is given one, and fails.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import peewee
import pytest

from models.account import MergedUser, NewUser, ReplacedProfile
from models.audit import AuditEntry
from models.defect import Defect
from models.defect_document import MergedDefect, NewDefect
from models.notification import Notification
from models.roles import Role
from models.session import Session
from models.stores import BaseModel, database
from models.task import Task
from models.task_kinds import NewDelay
from models.user import User
from tests.people import Person
from tests.security.rows import rows

TABLES = ["users", "task", "defect", "notification"]


class Stage:
    """Who is there: alice does what users do, root what admins do, and bob is who it is done to."""

    def __init__(self, alice: Person, bob: Person, root: Person) -> None:
        self.alice, self.bob, self.root = alice, bob, root
        self.task = Task.submit(NewDelay(seconds=60), by=alice.as_actor())
        self.defect = Defect.report(NewDefect(comment="The door sticks."), by=alice.as_actor())
        failed = {"status": "failed", "next_attempt_at": None, "send_at": None}
        Notification.update(failed).execute()
        self.notice = Notification.get()
        self.gone = User.add(NewUser(username="gone", password="a long password", role=Role.USER), by=root.as_actor())
        self.gone.deactivate(by=root.as_actor())


# Whoever acts comes with a session; the second is what they do.
WRITES: dict[str, tuple[str, Callable[[Stage, User], object]]] = {
    "User.add": (
        "root", lambda s, by: User.add(NewUser(username="eve", password="a long password", role=Role.USER), by=by),
    ),
    "User.replace_fields": ("alice", lambda s, by: by.replace_fields(ReplacedProfile(data={"a": 1}), by=by)),
    "User.merge_fields": ("root", lambda s, by: s.bob.user.merge_fields(MergedUser(role=Role.ADMIN), by=by)),
    "User.end_sessions": ("alice", lambda s, by: by.end_sessions(by=by)),
    "User.deactivate": ("root", lambda s, by: s.bob.user.deactivate(by=by)),
    "User.restore": ("root", lambda s, by: s.gone.restore(by=by)),
    "User.erase": ("alice", lambda s, by: by.erase(by=by)),
    "Session.end": ("alice", lambda s, by: Session.of(by, limit=1)[0].end(by=by)),
    "Session.end_current": ("alice", lambda s, by: Session.end_current(by=by)),
    "Task.submit": ("alice", lambda s, by: Task.submit(NewDelay(seconds=1), by=by)),
    "Task.cancel": ("root", lambda s, by: s.task.cancel(by=by)),
    "Defect.report": ("bob", lambda s, by: Defect.report(NewDefect(comment="So does the window."), by=by)),
    "Defect.amend": ("bob", lambda s, by: s.defect.amend(MergedDefect(comment="The door is stuck."), by=by)),
    "Defect.withdraw": ("alice", lambda s, by: s.defect.withdraw(by=by)),
    "Notification.retry": ("root", lambda s, by: s.notice.retry(by=by)),
}  # fmt: skip
READS = {
    f"{model}.{name}"
    for model in ("User", "Task", "Defect", "Notification", "AuditEntry")
    for name in ("page", "number")
}
# Parts of verbs: they are called within a transaction of one of those above, which their entries belong to.
PARTS = {
    "User.raise_epoch", "User.save_changes", "Task.cancel_those_of", "Task.erase_those_of", "Defect.erase_those_of",
    "AuditEntry.write", "AuditEntry.write_all", "AuditEntry.write_each", "AuditEntry.write_destroyed_sessions",
}  # fmt: skip


def verbs() -> Iterator[str]:
    """What takes `by`, of every table that is no part of another, and of sessions."""
    tables = [each for each in _descendants(BaseModel) if not each.__subclasses__()]
    for model in (*tables, Session):
        for name, function in inspect.getmembers(model, callable):
            if not name.startswith("_") and "by" in _parameters(function):
                yield f"{model.__name__}.{name}"


def _descendants(model: type[Any]) -> Iterator[type[Any]]:
    for each in model.__subclasses__():
        yield each
        yield from _descendants(each)


def _parameters(function: Any) -> Any:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


@pytest.fixture
def stage(alice: Person, bob: Person, root: Person) -> Stage:
    return Stage(alice, bob, root)


def test_every_verb_is_known_to_write_to_read_or_to_be_a_part_of_another() -> None:
    assert set(verbs()) == WRITES.keys() | READS | PARTS


@pytest.mark.parametrize("verb", WRITES)
def test_a_verb_that_writes_leaves_an_entry_of_who_did_it(stage: Stage, verb: str) -> None:
    name, do = WRITES[verb]
    actor = getattr(stage, name).as_actor()
    before, entries, sessions = _kept(), len(rows("audit_entry")), len(Session.of(actor, limit=10))
    do(stage, actor)
    still_there = User.by_id.find(actor.id) is not None
    ended = still_there and len(Session.of(actor, limit=10)) < sessions
    assert _kept() != before or ended, "the example writes nothing"
    written = rows("audit_entry")[entries:]
    assert written, "it left no entry"
    assert {each["user_id"] for each in written} == {actor.id}


@pytest.mark.parametrize("verb", WRITES)
def test_a_verb_whose_entry_can_t_be_written_changes_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    name, do = WRITES[verb]
    actor = getattr(stage, name).as_actor()
    before, sessions = _kept(), len(Session.of(actor, limit=10))

    def refuse(*_: object, **__: object) -> None:
        raise peewee.OperationalError("no entry can be written any more")

    for way in ("insert_many", "insert_from"):
        monkeypatch.setattr(AuditEntry, way, refuse)
    with pytest.raises(peewee.OperationalError):
        do(stage, actor)
    assert _kept() == before
    assert len(Session.of(actor, limit=10)) == sessions
    assert not database.in_transaction()


def _kept() -> list[Any]:
    return [rows(table) for table in TABLES]
