"""The verbs of an account."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from models import policy
from models.account import MergedProfile, NewAccount, ReplacedProfile
from models.errors import AerieError, Forbidden, LastAdmin, NotFound, SignupClosed, UsernameTaken
from models.roles import Role
from models.stores import drop_connection, opened
from models.user import User
from tests.people import Person

PASSWORD = "a rather long one"


def account(username: str) -> NewAccount:
    return NewAccount(username=username, password=PASSWORD)


def test_signing_up_makes_a_user(stores: None) -> None:
    started = datetime.now(UTC)
    made = User.sign_up(
        NewAccount(username="Alice", password=PASSWORD, email="a@b", data={"a": [1]}), address="192.0.2.1"
    )
    kept = User.get_by_id(made.id)
    assert (kept.username, kept.email, kept.role, kept.data) == ("Alice", "a@b", Role.USER, {"a": [1]})
    assert started <= kept.created_at == kept.updated_at <= datetime.now(UTC)
    assert (kept.deleted_at, kept.session_epoch) == (None, 0)
    assert PASSWORD not in kept.password_hash


def test_an_admin_is_made_by_whoever_runs_the_machine(stores: None) -> None:
    assert User.create_admin(account("root")).role == Role.ADMIN


def test_signing_up_is_refused_where_it_is_closed(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "settings", replace(opened.settings, signup_open=False))
    with pytest.raises(SignupClosed):
        User.sign_up(account("alice"), address="192.0.2.1")
    assert User.create_admin(account("root")).role == Role.ADMIN


@pytest.mark.parametrize("spelling", ["alice", "ALICE", "ａｌｉｃｅ"])
def test_a_name_is_taken_in_every_spelling(alice: Person, spelling: str) -> None:
    with pytest.raises(UsernameTaken):
        User.sign_up(account(spelling), address="192.0.2.1")
    assert User.select().count() == 1


def test_a_name_that_is_taken_costs_no_hash(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.password.hashed", lambda _: pytest.fail("hashed"))
    with pytest.raises(UsernameTaken):
        User.sign_up(account("alice"), address="192.0.2.1")


def test_of_many_who_want_one_name_at_once_one_has_it(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(User, "live", lambda _: None)  # all of them looked before the first wrote
    spellings = ["alice", "Alice", "ALICE", "ａｌｉｃｅ"] * 5

    def sign_up(username: str) -> bool:
        try:
            User.sign_up(account(username), address="192.0.2.1")
        except UsernameTaken:
            return False
        finally:
            drop_connection()
        return True

    with ThreadPoolExecutor(len(spellings)) as threads:
        assert sum(threads.map(sign_up, spellings)) == 1
    assert User.select().count() == 1


def test_the_name_of_a_deleted_account_is_free(alice: Person) -> None:
    User.update(deleted_at=datetime.now(UTC)).where(User.id == alice.id).execute()
    assert User.live("alice") is None
    assert User.sign_up(account("ALICE"), address="192.0.2.1").id != alice.id


def test_an_account_is_seen_by_its_owner_and_by_admins(alice: Person, root: Person) -> None:
    assert User.named(alice.user, "ALICE").id == alice.id
    assert User.named(root.user, "alice").id == alice.id
    with pytest.raises(NotFound):
        User.named(root.user, "nobody")
    with pytest.raises(NotFound):
        User.named(root.user, "no/name")


@pytest.mark.parametrize("name", ["bob", "nobody", "no/name", ""])
def test_somebody_elses_account_is_forbidden_whether_or_not_it_exists(alice: Person, bob: Person, name: str) -> None:
    with pytest.raises(Forbidden) as caught:
        User.named(alice.user, name)
    assert str(caught.value) == "You may only use your own account."


def test_replacing_keeps_an_address_that_is_not_named(alice: Person) -> None:
    actor = alice.as_actor()
    first = actor.replace_fields(ReplacedProfile(data={"a": 1, "b": 2}, email="a@b"), by=actor)
    second = actor.replace_fields(ReplacedProfile(data={"c": 3}), by=actor)
    assert (second.data, second.email) == ({"c": 3}, "a@b")
    assert second.updated_at > first.updated_at > second.created_at
    third = actor.replace_fields(ReplacedProfile(data={}, email=None), by=actor)
    assert (third.data, third.email) == ({}, None)
    assert User.get_by_id(alice.id).email is None


def test_merging_keeps_what_is_not_named(alice: Person) -> None:
    actor = alice.as_actor()
    actor.merge_fields(MergedProfile(data={"a": {"b": 1}, "c": 2}), by=actor)
    merged = actor.merge_fields(MergedProfile(data={"a": {"d": 3}, "c": None}), by=actor)
    assert merged.data == User.get_by_id(alice.id).data == {"a": {"b": 1, "d": 3}}
    assert actor.merge_fields(MergedProfile(email="a@b"), by=actor).data == merged.data


def test_many_merges_at_once_lose_nothing(alice: Person) -> None:
    actor = alice.as_actor()

    def merge(number: int) -> None:
        actor.merge_fields(MergedProfile(data={str(number): number}), by=actor)
        drop_connection()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(merge, range(16)))
    assert len(User.get_by_id(alice.id).data) == 16


@pytest.mark.parametrize(
    "verb",
    [
        lambda account, actor: account.replace_fields(ReplacedProfile(data={"a": 1}), by=actor),
        lambda account, actor: account.merge_fields(MergedProfile(data={"a": 1}), by=actor),
        lambda account, actor: account.erase(by=actor),
    ],
)
def test_nobody_but_the_owner_and_admins_changes_an_account(
    alice: Person, bob: Person, root: Person, verb: Callable[[User, User], object]
) -> None:
    with pytest.raises(Forbidden):
        verb(bob.user, alice.as_actor())
    verb(bob.user, root.as_actor())


def test_an_account_that_is_gone_meanwhile_is_not_found(alice: Person, root: Person) -> None:
    alice.user.erase(by=root.as_actor())
    for again in (alice.user.erase, lambda by: alice.user.merge_fields(MergedProfile(data={"a": 1}), by=by)):
        with pytest.raises(NotFound):
            again(by=root.as_actor())


def test_the_last_admin_stays(root: Person, alice: Person) -> None:
    with pytest.raises(LastAdmin):
        root.user.erase(by=root.as_actor())
    assert User.get_by_id(root.id)


def test_two_admins_who_erase_each_other_at_once_leave_one(
    root: Person, carol: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = [(root.user, carol.as_actor()), (carol.user, root.as_actor())]
    both_have_counted, judge = threading.Barrier(2), policy.lose_admin

    def judge_together(**counted: Any) -> None:
        # Where the first holds the admins, the second can't come here before it has gone.
        with suppress(threading.BrokenBarrierError):
            both_have_counted.wait(0.3)
        judge(**counted)

    monkeypatch.setattr(policy, "lose_admin", judge_together)

    def erase(pair: tuple[User, User]) -> bool:
        try:
            pair[0].erase(by=pair[1])
        except AerieError:
            return False
        finally:
            drop_connection()
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(erase, pairs)) == 1
    assert User.select().where(User.role == Role.ADMIN, User.deleted_at.is_null()).count() == 1
