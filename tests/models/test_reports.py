"""Reports of one moment: one transaction for all of them, and each on its own all the same."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import peewee
import pytest

import logs
from models.audit import AuditEntry
from models.defect import Defect, reports
from models.defect_document import NewDefect
from models.errors import NotSignedIn
from models.notification import Notification
from models.stores import database, drop_connection, opened
from models.user import User
from tests.marks import on_postgres
from tests.people import Person
from tests.services.processes import wait_until


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, who comes while the first waits goes with the others."""
    monkeypatch.setattr(reports._at_one_moment, "_patience", 30)


class Reporters:
    """Threads that report at one moment: the first alone, and the others while it has to wait."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads
        self.reports: list[Future[int]] = []

    def report(self, comment: str, by: User) -> None:
        """Have a thread report, and wait until it waits."""
        waiting = len(reports._at_one_moment._waiting)
        self.reports.append(self._threads.submit(self._report, comment, by))
        if len(self.reports) == 1:
            wait_until(lambda: reports._at_one_moment._is_under_way, seconds=5, what="a round")
        else:
            wait_until(lambda: len(reports._at_one_moment._waiting) > waiting, seconds=5, what="one who waits")

    def results(self) -> list[Any]:
        """The ids of what was reported, or why it was not."""
        return [each.exception(timeout=10) or each.result() for each in self.reports]

    @staticmethod
    def _report(comment: str, by: User) -> int:
        token = logs.request_id.set(f"request {comment}")
        try:
            return Defect.report(NewDefect(comment=comment), by=by).id
        finally:
            logs.request_id.reset(token)
            drop_connection()


@contextmanager
def at_once() -> Iterator[Reporters]:
    """In this block, and until its end, nobody can write."""
    with ThreadPoolExecutor(10) as threads:
        with database.atomic():
            if not opened.settings.on_sqlite:
                database.execute_sql("LOCK TABLE defect IN ACCESS EXCLUSIVE MODE")
            reporters = Reporters(threads)
            yield reporters
        reporters.results()


def kept() -> list[tuple[str, int, str | None, str | None]]:
    """Each defect with its entry and its notice, as they stand."""
    trail = list(AuditEntry.select().where(AuditEntry.model == "defect"))
    entries = {entry.object_id: entry for entry in trail}
    notices = {notice.defect_id: notice for notice in Notification.select()}
    defects = list(Defect.select().order_by(Defect.id))
    assert len(trail) == len(entries) == len(notices) == len(defects)
    found = []
    for each in defects:
        entry, notice = entries[str(each.id)], notices[each.id]
        assert (entry.user_id, notice.user_id) == (each.user_id, each.user_id)
        assert entry.changes["timestamp"][1] == each.timestamp.isoformat().replace("+00:00", "Z")
        found.append((each.comment, each.user_id, entry.request_id, notice.request_id))
    return found


def as_reported(*comments: str, by: Person) -> list[tuple[str, int, str | None, str | None]]:
    return [(each, by.id, f"request {each}", f"request {each}") for each in comments]


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    run, said = database.obj.execute_sql, list[str]()

    def listen(sql: str, *args: Any, **options: Any) -> Any:
        said.append(sql)
        return run(sql, *args, **options)

    monkeypatch.setattr(database.obj, "execute_sql", listen)
    return said


def test_reports_of_one_moment_are_one_statement_for_each_table_and_each_is_whole(
    alice: Person, bob: Person, statements: list[str]
) -> None:
    with at_once() as reporters:
        for number in range(3):
            reporters.report(f"alice's {number}", alice.as_actor())
            reporters.report(f"bob's {number}", bob.as_actor())
        before = len(statements)
    of_alice = as_reported("alice's 0", "alice's 1", "alice's 2", by=alice)
    of_bob = as_reported("bob's 0", "bob's 1", "bob's 2", by=bob)
    assert sorted(kept()) == sorted(of_alice + of_bob)
    ids = {each.comment: each.id for each in Defect.select()}
    assert reporters.results() == [ids[f"{who}'s {number}"] for number in range(3) for who in ("alice", "bob")]
    inserts = [sql.split('"')[1] for sql in statements[before:] if sql.startswith("INSERT")]
    # The first may have been on its way to the table that it waits for.
    assert inserts[-5:] == ["audit_entry", "notification", "defect", "audit_entry", "notification"]
    assert len(inserts) in (5, 6)


def test_who_was_signed_out_meanwhile_is_refused_alone(alice: Person, bob: Person) -> None:
    with at_once() as reporters:
        reporters.report("the first", alice.as_actor())
        gone, stays = bob.as_actor(), alice.as_actor()
        User.update(session_epoch=1).where(User.id == bob.id).execute()
        for comment, by in [("his", gone), ("hers", stays), ("his again", gone)]:
            reporters.report(comment, by)
    refused = [isinstance(each, NotSignedIn) for each in reporters.results()]
    assert refused == [False, True, False, True]
    assert kept() == as_reported("the first", "hers", by=alice)


def test_what_one_report_breaks_is_its_own_alone(alice: Person) -> None:
    database.execute_sql("CREATE UNIQUE INDEX once_only ON defect (comment)")
    try:
        with at_once() as reporters:
            for comment in ("the first", "a", "twice", "b", "twice", "c"):
                reporters.report(comment, alice.as_actor())
    finally:
        database.execute_sql("DROP INDEX once_only")
    refused = [each for each in reporters.results() if isinstance(each, Exception)]
    assert [type(each) for each in refused] == [peewee.IntegrityError]
    assert sorted(kept()) == as_reported("a", "b", "c", "the first", "twice", by=alice)


def test_a_database_that_fails_fails_for_all_and_nothing_is_kept(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise peewee.OperationalError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(Notification, "write_drafts", fail)
        with at_once() as reporters:
            for comment in ("the first", "a", "b"):
                reporters.report(comment, alice.as_actor())
    assert [type(each) for each in reporters.results()] == [peewee.OperationalError] * 3
    assert kept() == []
    assert Defect.report(NewDefect(comment="the next"), by=alice.as_actor())


def test_who_would_wait_for_long_goes_alone(alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports._at_one_moment, "_patience", 0.2)
    with at_once() as reporters:
        reporters.report("the first", alice.as_actor())
        reporters.report("the second", bob.as_actor())
        wait_until(lambda: reports._at_one_moment._waiting == [], seconds=5, what="nobody who waits")
    assert sorted(kept()) == as_reported("the first", by=alice) + as_reported("the second", by=bob)


def test_what_follows_the_commit_and_fails_fails_nobody(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Any) -> None:
        raise RuntimeError("this can't be told")

    monkeypatch.setattr(opened, "send", fail)
    with at_once() as reporters:
        for comment in ("the first", "a", "b"):
            reporters.report(comment, alice.as_actor())
    assert all(isinstance(each, int) for each in reporters.results())
    assert sorted(kept()) == as_reported("a", "b", "the first", by=alice)


@on_postgres
def test_who_is_being_changed_keeps_nobody_else_waiting(alice: Person, bob: Person) -> None:
    held = alice.as_actor()
    with ThreadPoolExecutor(10) as threads:
        reporters = Reporters(threads)
        with database.atomic():
            User.held(alice.id)
            hers = threads.submit(reporters._report, "hers", held)
            his = threads.submit(reporters._report, "his", bob.as_actor())
            assert his.result(timeout=3)
            assert not hers.done()
        assert hers.result(timeout=3)
    assert sorted(kept()) == as_reported("hers", by=alice) + as_reported("his", by=bob)


def test_what_is_reported_within_a_transaction_is_undone_with_it(alice: Person) -> None:
    def undone() -> None:
        with database.atomic():
            Defect.report(NewDefect(comment="It leaks."), by=alice.as_actor())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    assert kept() == []
    assert not reports._at_one_moment._is_under_way
