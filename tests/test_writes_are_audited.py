"""Every verb that somebody calls and that writes leaves an entry of theirs, in the transaction of what it writes.

Whatever writes a row is found in the source: a new verb has no example here until it is given one, and fails.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peewee
import pytest

from models.account import MergedUser, NewAccount, NewUser, ReplacedProfile
from models.defect import Defect
from models.defect_document import MergedDefect, NewDefect
from models.notification import Notification
from models.roles import Role
from models.session import Session
from models.stores import database
from models.task import Task
from models.task_kinds import NewDelay
from models.user import User
from tests.faults import no_audit
from tests.people import Person
from tests.security.rows import rows
from tests.writers import ROOT, writers

NEW = NewAccount(username="eve", password="a rather long one")
MODELS = {each.__name__: each for each in (User, Session, Task, Defect, Notification)}
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
# Of those whom nobody signed in lets in: who the entry is of.
OF_NOBODY: dict[str, tuple[Callable[[Stage], object], Callable[[Any], int | None]]] = {
    "User.sign_up": (lambda s: User.sign_up(NEW, address="192.0.2.1"), lambda made: made.id),
    "User.create_admin": (lambda s: User.create_admin(NEW), lambda made: None),
    "Session.open": (lambda s: s.alice.log_in(), lambda token: Session.bearer(token).id),
}
# What writes by itself: parts of the verbs above, which call them within their transactions, and what workers and the
# scheduler do, which is nobody's act.
PARTS = {
    "models/user/making.py": {"_insert"},
    "models/user/row.py": {"save_named", "save_changes"},
    "models/task/starting.py": {"_insert"},
    "models/user/erasing.py": {"_blank"},
    "models/erasure.py": {"begin"},
    "models/task/cancelling.py": {"_stop", "remove_some_of"},
    "models/defect/reporting.py": {"remove_some_of"},
    "models/defect/reports.py": {"keep", "_keep_together"},
    "models/notification/writing.py": {"write", "write_drafts", "write_each"},
    "models/audit/writing.py": {"write", "write_drafts", "write_all", "write_each"},
    "models/idempotency.py": {"erase_answers_about", "remove_some_of", "begin", "end"},
    "models/session.py": {"_end"},
    "models/stores.py": {"insert_for_each"},
    "models/drafts.py": {"_query", "insert"},
    "models/prepared.py": {"_query"},
}
MACHINERY = {
    # Another hash of the same password changes nothing that an entry could tell of.
    "models/user/row.py": {"keep_rehashed"},
    "models/user/erasing.py": {"remove_erased"},
    "models/task/running.py": {"claim", "_changed"},
    "models/task/mending.py": {"_update_all"},
    "models/task/tally.py": {"sum_up"},
    "models/notification/delivering.py": {"claim", "confirm", "send_again", "_changed"},
    "models/idempotency.py": {"forget_old"},
}


def _place(verb: str) -> tuple[str, str]:
    """Where a verb is written."""
    model, _, name = verb.partition(".")
    code = inspect.unwrap(getattr(MODELS[model], name)).__code__
    return str(Path(code.co_filename).relative_to(ROOT)), name


@pytest.fixture
def stage(alice: Person, bob: Person, root: Person) -> Stage:
    return Stage(alice, bob, root)


def test_whatever_writes_is_a_verb_with_an_example_a_part_of_one_or_machinery() -> None:
    verbs = {_place(verb) for verb in WRITES.keys() | OF_NOBODY.keys()}
    others = {(file, each) for some in (PARTS, MACHINERY) for file, names in some.items() for each in names}
    assert writers() - verbs - others == set(), "these have no example"
    assert others - writers() == set(), "these don't write"


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


@pytest.mark.parametrize("verb", OF_NOBODY)
def test_what_needs_no_session_leaves_an_entry_too(stage: Stage, verb: str) -> None:
    do, whose = OF_NOBODY[verb]
    entries = len(rows("audit_entry"))
    expected = whose(do(stage))
    assert [each["user_id"] for each in rows("audit_entry")[entries:]] == [expected]


@pytest.mark.parametrize("verb", WRITES)
def test_a_verb_whose_entry_can_t_be_written_changes_nothing(stage: Stage, verb: str) -> None:
    name, do = WRITES[verb]
    actor = getattr(stage, name).as_actor()
    before, sessions = _kept(), len(Session.of(actor, limit=10))
    with no_audit(), pytest.raises(peewee.DatabaseError):
        do(stage, actor)
    assert _kept() == before
    assert len(Session.of(actor, limit=10)) == sessions
    assert not database.in_transaction()


def _kept() -> list[Any]:
    return [rows(table) for table in TABLES]
