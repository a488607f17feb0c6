"""The audit trail: it can't be changed, keeps no secret, and goes with the change or not at all."""

import sqlite3
from collections.abc import Callable
from typing import Any

import peewee
import pytest

import logs
from models.account import NewAccount, ReplacedProfile
from models.audit import Action, AuditEntry, changes
from models.errors import LastAdmin, UsernameTaken
from models.session import Session
from models.stores import database
from models.user import User
from tests.faults import no_audit, sqlite_file
from tests.marks import on_postgres, on_sqlite
from tests.people import Person

CHANGES = [
    "UPDATE audit_entry SET user_id = 7",
    "UPDATE audit_entry SET changes = '{}' WHERE id = 1",
    "DELETE FROM audit_entry",
    "DELETE FROM audit_entry WHERE id = 1",
]
ENTRY = "(id, model, object_id, action, timestamp, changes)"
# What both databases write for: insert it, or change what is there.
UPSERT = (
    f"INSERT INTO audit_entry {ENTRY} OVERRIDING SYSTEM VALUE "
    "VALUES (1, 'user', '1', 'create', '2026-01-01T00:00:00.000000Z', '{}') "
    "ON CONFLICT (id) DO UPDATE SET object_id = '2'"
)
REPLACEMENTS = [
    "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry WHERE id = 1",
    f"REPLACE INTO audit_entry {ENTRY} VALUES (1, 'user', '1', 'create', 'now', '{{}}')",
    "UPDATE OR REPLACE audit_entry SET id = 2 WHERE id = 1",
    UPSERT.replace("OVERRIDING SYSTEM VALUE ", ""),
]
REPLACEMENTS_ON_POSTGRES = [
    UPSERT,
    "MERGE INTO audit_entry USING users ON audit_entry.object_id = '1' WHEN MATCHED THEN DELETE",
    "MERGE INTO audit_entry USING users ON audit_entry.object_id = '1' WHEN MATCHED THEN UPDATE SET object_id = '2'",
    "WITH gone AS (DELETE FROM audit_entry RETURNING *) SELECT count(*) FROM gone",
]


def entries() -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = database.execute_sql("SELECT * FROM audit_entry ORDER BY id").fetchall()
    return found


@pytest.mark.parametrize("statement", CHANGES)
def test_the_database_refuses_to_change_an_entry(alice: Person, statement: str) -> None:
    before = entries()
    with pytest.raises(peewee.DatabaseError, match="append-only"):
        database.execute_sql(statement)
    assert entries() == before != []


@on_sqlite
@pytest.mark.parametrize("statement", REPLACEMENTS)
def test_sqlite_refuses_to_replace_an_entry(alice: Person, statement: str) -> None:
    before = entries()
    with pytest.raises(peewee.DatabaseError, match="append-only"):
        database.execute_sql(statement)
    assert entries() == before


@on_sqlite
@pytest.mark.parametrize("statement", [*CHANGES, *REPLACEMENTS])
def test_sqlite_refuses_it_to_a_connection_without_our_pragmas(alice: Person, statement: str) -> None:
    before = entries()
    plain = sqlite3.connect(sqlite_file())
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        plain.execute(statement)
    plain.close()
    assert entries() == before


@on_postgres
@pytest.mark.parametrize("statement", ["TRUNCATE audit_entry", "TRUNCATE users, audit_entry CASCADE"])
def test_postgres_refuses_to_truncate(alice: Person, statement: str) -> None:
    before = entries()
    with pytest.raises(peewee.DatabaseError, match="append-only"):
        database.execute_sql(statement)
    assert entries() == before


@on_postgres
@pytest.mark.parametrize("statement", REPLACEMENTS_ON_POSTGRES)
def test_postgres_refuses_to_replace_an_entry(alice: Person, statement: str) -> None:
    before = entries()
    with pytest.raises(peewee.DatabaseError, match="append-only"):
        database.execute_sql(statement)
    assert entries() == before != []


@on_postgres
def test_postgres_gives_ids_to_entries_itself(alice: Person) -> None:
    with pytest.raises(peewee.DatabaseError):
        database.execute_sql(
            "INSERT INTO audit_entry (id, model, object_id, action, timestamp, changes) "
            "VALUES (999, 'user', '1', 'create', now(), '{}')"
        )


@pytest.mark.parametrize("name", ["username", "email", "data", "password_hash"])
def test_what_a_person_typed_in_is_masked(stores: None, name: str) -> None:
    with database.atomic():
        AuditEntry.write(Action.UPDATE, "user", 1, by=1, changes={name: ("before", "after"), "role": ("a", "b")})
    assert AuditEntry.get().changes == {name: ["***", "***"], "role": ["a", "b"]}


def test_what_was_empty_shows_as_empty(stores: None) -> None:
    with database.atomic():
        AuditEntry.write(Action.UPDATE, "user", 1, by=1, changes={"email": (None, "a@b"), "data": ({"a": 1}, {})})
    assert AuditEntry.get().changes == {"email": [None, "***"], "data": ["***", {}]}


def test_changes_are_what_differs() -> None:
    assert changes({"a": 1, "b": 2}, {"a": 1, "b": 3}) == {"b": (2, 3)}
    assert changes({}, {"a": 1}) == {"a": (None, 1)}
    assert changes({"a": 1}, {}) == {"a": (1, None)}


def test_an_entry_names_the_request_and_the_object_as_text(stores: None) -> None:
    token = logs.request_id.set("req-1")
    with database.atomic():
        AuditEntry.write(Action.CREATE, "user", 7, by=None)
    logs.request_id.reset(token)
    entry = AuditEntry.get()
    assert (entry.request_id, entry.object_id, entry.user_id, entry.changes) == ("req-1", "7", None, {})
    assert entry.timestamp.utcoffset().total_seconds() == 0


def test_a_change_whose_entry_cant_be_written_is_not_made(alice: Person) -> None:
    actor = alice.as_actor()
    before = list(User.select().dicts())
    verbs: list[Callable[[], object]] = [
        lambda: User.sign_up(NewAccount(username="bob", password="bob's long password"), address="192.0.2.1"),
        lambda: actor.replace_fields(ReplacedProfile(data={"a": 1}), by=actor),
        lambda: actor.erase(by=actor),
    ]
    for verb in verbs:
        with no_audit(), pytest.raises(peewee.DatabaseError):
            verb()
    assert list(User.select().dicts()) == before


def test_a_log_in_whose_entry_cant_be_written_opens_no_session(alice: Person) -> None:
    with no_audit(), pytest.raises(peewee.DatabaseError):
        alice.log_in()
    with no_audit(), pytest.raises(peewee.DatabaseError):
        Session.end_current(by=alice.as_actor())
    assert len(Session.of(alice.as_actor(), limit=10)) == 1


def test_a_change_that_fails_leaves_no_entry(root: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    before = entries()
    with pytest.raises(LastAdmin):
        root.user.erase(by=root.as_actor())
    monkeypatch.setattr(User, "live", lambda _: None)  # as for the slower of two that sign up at once
    with pytest.raises(UsernameTaken):
        User.sign_up(NewAccount(username="ROOT", password="another long password"), address="192.0.2.1")
    assert entries() == before


def test_a_change_that_changes_nothing_leaves_no_entry(alice: Person) -> None:
    before = entries()
    alice.user.replace_fields(ReplacedProfile(data={}), by=alice.as_actor())
    assert entries() == before
