"""Lists are found by indexes, in their order: no page costs more because there is more to find it in."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.plans import heard, plans
from models.stores import database, opened
from models.task import Task
from tests.client import Client
from tests.people import Person

TWO_FILTERS = [
    ("/tasks?owner=1&status=queued", "task_owner_status"),
    ("/tasks?owner=1&type=javascript", "task_owner_type"),
    ("/tasks?status=succeeded&type=javascript", "task_status_type"),
    ("/notifications?user=1&status=pending", "notification_user_status"),
    ("/audit?user=1&model=user", "audit_entry_user_model"),
    ("/audit?model=session&action=update", "audit_entry_model_action"),
    ("/users?email=a@example.com&role=user", "users_email_live"),
    ("/users?role=admin&deleted=only", "users_role_deleted"),
]
# Postgres knows what is there, and chooses by that.
CHOSEN_FOR_SQLITE = [
    ("/tasks?owner=1&status=queued&type=delay", "task_owner_status"),
    ("/audit?user=1&model=user&action=update", "audit_entry_user_model"),
    ("/audit?user=1&action=update", "audit_entry_user"),
    ("/audit?request_id=a&user=1&model=user", "audit_entry_request"),
]


@contextmanager
def as_if_large() -> Iterator[None]:
    """Postgres reads a small table whole and sorts it, whatever indexes it has, unless it may do neither."""
    names = () if opened.settings.on_sqlite else ("seqscan", "bitmapscan", "sort")
    for name in names:
        database.execute_sql(f"SET enable_{name} = off")
    yield
    for name in names:
        database.execute_sql(f"RESET enable_{name}")


def how(api: Client, path: str, by: Person) -> str:
    """How the database finds a page of a list."""
    with as_if_large():
        return "\n".join(plans(lambda: api.get(path, headers=by.headers, status=200)))


def is_found_by(index: str, found: str) -> bool:
    """Whether rows are found by that index; Postgres takes another in a table that it knows to be all but empty."""
    return f" {index} " in found if opened.settings.on_sqlite else "Index" in found


def is_in_order(found: str) -> bool:
    """Whether nothing is sorted."""
    return "Sort" not in found and "TEMP B-TREE" not in found


@pytest.mark.parametrize(("path", "index"), TWO_FILTERS)
def test_what_fits_two_filters_is_found_in_order_by_one_index(api: Client, root: Person, path: str, index: str) -> None:
    found = how(api, path.replace("=1&", f"={root.id}&"), root)
    assert is_found_by(index, found) and is_in_order(found), found


@pytest.mark.parametrize(("path", "index"), CHOSEN_FOR_SQLITE)
def test_sqlite_is_told_by_which_of_more_filters_to_find_rows(api: Client, root: Person, path: str, index: str) -> None:
    if opened.settings.on_sqlite:
        found = how(api, path.replace("=1&", f"={root.id}&"), root)
        assert f" {index} " in found and is_in_order(found), found


def test_ones_own_tasks_of_a_status_are_found_in_order_by_one_index(api: Client, alice: Person) -> None:
    found = how(api, "/tasks?status=failed", alice)
    assert is_found_by("task_owner_status", found) and is_in_order(found), found


def test_an_admins_list_of_tasks_asks_who_the_admins_are_and_not_who_the_users_are(api: Client, root: Person) -> None:
    found = how(api, "/tasks", root)
    assert is_in_order(found), found
    with heard() as queries:
        api.get("/tasks", headers=root.headers, status=200)
    (values,) = [values for sql, values in queries if '"users"' in sql and "ORDER BY" in sql]
    assert "admin" in values and "user" not in values


def test_what_would_end_with_an_account_is_counted_over_an_index_alone(alice: Person) -> None:
    if not opened.settings.on_sqlite:
        return  # Postgres takes any index of an empty table for as good as another
    with heard() as queries:
        Task.number_to_end_with(alice.id)
    (query,) = queries
    said = [row[-1] for row in database.execute_sql(f"EXPLAIN QUERY PLAN {query[0]}", query[1])]
    assert any("USING COVERING INDEX task_owner_status " in line for line in said), said
