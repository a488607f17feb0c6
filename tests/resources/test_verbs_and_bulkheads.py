"""Each verb that hashes holds a place in a bulkhead of its own kind, and none in those of the other kinds."""

from collections.abc import Callable
from typing import Any

import pytest

from models.bulkhead import Bulkhead
from models.capacity import LOG_INS, OWN_PASSWORDS, SET_PASSWORDS, SIGN_UPS
from tests.client import Client
from tests.people import Person

NEW = "quite another one"
BULKHEADS = (LOG_INS, SIGN_UPS, OWN_PASSWORDS, SET_PASSWORDS)
Verb = Callable[[Client, Person, Person], Any]


def log_in(api: Client, alice: Person, root: Person) -> Any:
    return api.post_json("/auth", {"username": alice.name, "password": alice.password})


def sign_up(api: Client, alice: Person, root: Person) -> Any:
    return api.post_json("/user", {"username": "dave", "password": NEW})


def change_own(api: Client, alice: Person, root: Person) -> Any:
    body = {"password": NEW, "current_password": alice.password}
    return api.patch_json(f"/users/{alice.id}", body, headers=alice.headers)


def reset(api: Client, alice: Person, root: Person) -> Any:
    return api.patch_json(f"/users/{alice.id}", {"password": NEW}, headers=root.headers)


def add_user(api: Client, alice: Person, root: Person) -> Any:
    return api.post_json("/users", {"username": "dave", "password": NEW, "role": "user"}, headers=root.headers)


@pytest.mark.parametrize(("verb", "bulkhead", "status"), [
    (log_in, LOG_INS, 201),
    (sign_up, SIGN_UPS, 201),
    (change_own, OWN_PASSWORDS, 200),
    (reset, SET_PASSWORDS, 200),
    (add_user, SET_PASSWORDS, 201),
])  # fmt: skip
def test_a_verb_needs_a_place_of_its_own_kind_and_no_other(
    api: Client,
    alice: Person,
    root: Person,
    monkeypatch: pytest.MonkeyPatch,
    verb: Verb,
    bulkhead: Bulkhead,
    status: int,
) -> None:
    with monkeypatch.context() as patch:
        close(patch, bulkhead)
        refused = verb(api, alice, root)
        assert (refused.status_int, "Retry-After" in refused.headers) == (503, True)
    for other in BULKHEADS:
        if other is not bulkhead:
            close(monkeypatch, other)
    assert verb(api, alice, root).status_int == status


def close(patch: pytest.MonkeyPatch, bulkhead: Bulkhead) -> None:
    """Leave no place in it, and no seat to wait in."""
    patch.setattr(bulkhead, "places", 0)
    patch.setattr(bulkhead, "waiting", 0)
