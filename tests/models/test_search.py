"""Searches have places of their own and a deadline, on both databases."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from models import sqlite
from models.account import UserFilters
from models.capacity import SEARCHES
from models.defect import Defect
from models.defect_document import DefectFilters
from models.driver_errors import is_timeout
from models.errors import Unavailable
from models.stores import DATABASE_FAULTS, database, opened
from models.user import User
from tests.client import Client
from tests.people import Person

SLOW = {
    True: "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)",
    False: "SELECT pg_sleep(30)",
}


@contextmanager
def read_timeout(seconds: float) -> Iterator[None]:
    """The deadline of reads in this thread."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "READ_TIMEOUT_SECONDS", seconds)
        if not opened.settings.on_sqlite:
            database.execute_sql(f"SET statement_timeout = {round(seconds * 1000)}")
        try:
            yield
        finally:
            if not opened.settings.on_sqlite:
                database.execute_sql("SET statement_timeout = '5s'")


def test_a_read_ends_at_its_deadline(stores: None) -> None:
    began = time.monotonic()
    with read_timeout(0.2), pytest.raises(DATABASE_FAULTS) as caught:
        database.execute_sql(SLOW[opened.settings.on_sqlite]).fetchall()
    assert time.monotonic() - began < 3
    assert is_timeout(caught.value)
    assert database.execute_sql("SELECT 1").fetchone()[0] == 1


def test_a_read_within_a_transaction_ends_too_and_undoes_nothing_else(alice: Person) -> None:
    with read_timeout(0.2), pytest.raises(DATABASE_FAULTS), database.atomic():
        User.update(email="lost@example.com").where(User.id == alice.id).execute()
        database.execute_sql(SLOW[opened.settings.on_sqlite]).fetchall()
    assert User.get_by_id(alice.id).email is None
    User.update(email="kept@example.com").where(User.id == alice.id).execute()
    assert User.get_by_id(alice.id).email == "kept@example.com"


def test_a_search_that_takes_too_long_says_so(api: Client, alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> None:
        with read_timeout(0.2):
            database.execute_sql(SLOW[opened.settings.on_sqlite]).fetchall()

    monkeypatch.setattr(type(Defect.by_id), "all", slow)
    refused = api.get("/api/defects?q=anything", headers=alice.headers, status=503)
    assert int(refused.headers["Retry-After"]) > 0
    assert "search took too long" in refused.json["detail"]


@pytest.fixture
def short_wait(monkeypatch: pytest.MonkeyPatch) -> float:
    """The seconds that a search waits for a place."""
    monkeypatch.setattr(SEARCHES, "wait_seconds", 0.2)
    return SEARCHES.wait_seconds


def test_a_person_has_one_search_at_a_time(api: Client, alice: Person, bob: Person, short_wait: float) -> None:
    with SEARCHES.place(address="198.51.100.1", person=alice.id):
        began = time.monotonic()
        refused = api.get("/api/defects?q=a", headers=alice.headers, status=503)
        assert time.monotonic() - began > 0.9 * short_wait
        assert int(refused.headers["Retry-After"]) > 0
        assert "searches" in refused.json["detail"]
        api.get("/users?q=a", headers=bob.headers, status=200)
        api.get("/api/defects", headers=alice.headers, status=200)
    api.get("/api/defects?q=a&count=true", headers=alice.headers, status=200)


def test_a_process_has_two_searches_at_a_time(api: Client, alice: Person, short_wait: float) -> None:
    with SEARCHES.place(address="198.51.100.1"), SEARCHES.place(address="198.51.100.2"):
        refused = api.get(
            "/api/defects?q=a", headers=alice.headers, extra_environ={"REMOTE_ADDR": "198.51.100.3"}, status=503
        )
        assert int(refused.headers["Retry-After"]) > 0
    api.get("/api/defects?q=a", headers=alice.headers, status=200)


def test_pages_and_counts_both_need_a_place(alice: Person, short_wait: float) -> None:
    actor = alice.as_actor()
    with SEARCHES.place(address=actor.address, person=actor.id):
        for ask in (
            lambda: Defect.page(DefectFilters(q="a"), by=actor, limit=1),
            lambda: Defect.number(DefectFilters(q="a"), by=actor, most=1),
            lambda: User.page(UserFilters(q="a"), by=actor, limit=1),
            lambda: User.number(UserFilters(q="a"), by=actor, most=1),
        ):
            with pytest.raises(Unavailable):
                ask()
