"""A database that is there and refuses: read-only, locked, full."""

import sqlite3
from collections.abc import Iterator

import pytest

from models.audit import AuditEntry
from models.stores import database, drop_connection, opened
from models.user import User
from tests.client import Client
from tests.people import Person

BODY = {"username": "bob", "password": "a long enough one"}


def on_the_writer(pragma: str) -> None:
    """Over the connection that all of a process write over."""
    with database.atomic():
        database.execute_sql(pragma)


@pytest.fixture
def read_only(stores: None) -> Iterator[None]:
    """As after a failover to a replica, or on a managed database whose disk is full."""
    if opened.settings.on_sqlite:
        on_the_writer("PRAGMA query_only = ON")
    else:
        database.execute_sql("SET default_transaction_read_only = ON")
    yield
    drop_connection()


def test_a_read_only_database_is_503_and_reads_go_on(api: Client, alice: Person, read_only: None) -> None:
    assert api.get("/user/alice", headers=alice.headers, status=200)
    answer = api.post_json("/user", BODY, status=503)
    assert answer.headers["Retry-After"]
    assert User.select().count() == 1


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_a_full_disk_loses_nothing_that_was_there_and_heals(api: Client, alice: Person) -> None:
    """R12: all or nothing."""
    entries = AuditEntry.select().count()
    # Else there may be room in pages that a test before has left free.
    database.execute_sql("VACUUM")
    pages = database.execute_sql("PRAGMA page_count").fetchone()[0]
    on_the_writer(f"PRAGMA max_page_count = {pages}")
    data = {"data": {"note": "x" * 60_000}}
    api.put_json("/user/alice", data, headers=alice.headers, status=503)
    assert api.get("/user/alice", headers=alice.headers, status=200).json["data"] == {}
    assert AuditEntry.select().count() == entries
    # The limit was that connection's own, and after a fault there is another.
    api.put_json("/user/alice", data, headers=alice.headers, status=200)


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_a_database_that_somebody_holds_for_long_is_503(api: Client, alice: Person) -> None:
    """R11: waited for as long as is allowed, and no longer."""
    database.execute_sql("PRAGMA busy_timeout = 200")
    holder = sqlite3.connect(opened.settings.sqlite_path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    answer = api.put_json("/user/alice", {"data": {"a": 1}}, headers=alice.headers, status=503)
    assert answer.headers["Retry-After"]
    holder.execute("ROLLBACK")
    holder.close()
    api.put_json("/user/alice", {"data": {"a": 1}}, headers=alice.headers, status=200)
