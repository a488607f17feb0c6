"""R34 among admins: the last one stands, no update is lost, and who was demoted acts no more."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from models import password
from models.account import MergedUser, NewUser
from models.errors import Forbidden, LastAdmin, NotFound, NotSignedIn
from models.roles import Role
from models.user import User
from tests.people import Person
from tests.security.asking import Answer, ask, ask_json
from tests.security.rows import rows
from tests.security.together import NoQueue, together

SEEDS = pytest.mark.parametrize("seed", [random.randrange(10**9) for _ in range(3)], ids=["one", "two", "three"])


def demote(app: Any, target: Person, by: Person) -> Answer:
    return ask_json(app, "PATCH", f"/users/{target.id}", {"role": "user"}, headers=by.headers)


def deactivate(app: Any, target: Person, by: Person) -> Answer:
    return ask(app, "DELETE", f"/users/{target.id}", headers=by.headers)


def erase(app: Any, target: Person, by: Person) -> Answer:
    return ask(app, "DELETE", f"/user/{target.name}", headers=by.headers)


def live_admins() -> list[dict[str, Any]]:
    return [row for row in rows("users") if row["role"] == "admin" and row["deleted_at"] is None]


@SEEDS
@pytest.mark.parametrize("number", [2, 5])
def test_admins_who_remove_each_other_at_once_leave_one(
    app: Any, person: Callable[..., Person], number: int, seed: int
) -> None:
    """R34: and demotions, soft deletions and erasures that meet make no deadlock, which would be a 503."""
    print("seed", seed)
    chance = random.Random(seed)
    admins = [person(f"admin{which}", Role.ADMIN) for which in range(number)]
    tries = [(chance.choice([demote, deactivate, erase]), chance.sample(admins, 2)) for _ in range(20)]

    def attempt(which: int) -> int:
        act, (target, by) = tries[which]
        return act(app, target, by).status

    statuses = Counter(together(20, attempt))
    assert statuses.keys() <= {200, 204, 401, 403, 404, 409}
    assert statuses[200] + statuses[204] >= 1
    assert len(live_admins()) == 1 if number == 2 else live_admins()


@SEEDS
def test_the_last_two_who_remove_themselves_at_once_leave_one(app: Any, root: Person, carol: Person, seed: int) -> None:
    """R34"""
    print("seed", seed)
    chance = random.Random(seed)
    tries = [(chance.choice([deactivate, erase]), chance.choice([root, carol])) for _ in range(20)]

    def attempt(which: int) -> int:
        act, admin = tries[which]
        return act(app, admin, admin).status

    statuses = Counter(together(20, attempt))
    assert statuses.keys() <= {200, 204, 401, 404, 409}
    assert len(live_admins()) == 1


def test_of_fifty_changes_of_one_version_one_is_made(app: Any, alice: Person) -> None:
    """R34"""
    version = ask(app, "GET", f"/users/{alice.id}", headers=alice.headers).headers["etag"]

    def patch(which: int) -> int:
        headers = alice.headers | {"If-Match": version}
        return ask_json(app, "PATCH", f"/users/{alice.id}", {"data": {str(which): 1}}, headers=headers).status

    assert Counter(together(50, patch)) == {200: 1, 412: 49}
    assert len(ask(app, "GET", f"/users/{alice.id}", headers=alice.headers).json["data"]) == 1


def test_who_reads_again_after_each_412_loses_no_update(app: Any, alice: Person) -> None:
    """R34: fifty add one each, by reading, counting and writing back."""
    path = f"/users/{alice.id}"

    def count_up(which: int) -> int:
        for refusals in range(200):
            read = ask(app, "GET", path, headers=alice.headers)
            data = {"count": read.json["data"].get("count", 0) + 1}
            headers = alice.headers | {"If-Match": read.headers["etag"]}
            status = ask_json(app, "PUT", path, {"data": data}, headers=headers).status
            if status == 200:
                return refusals
            assert status == 412
        raise AssertionError("never had its turn")

    refused = together(50, count_up)
    assert ask(app, "GET", path, headers=alice.headers).json["data"] == {"count": 50}
    assert sum(refused) > 0, "they did meet"


@pytest.mark.parametrize(
    "fate",
    [
        lambda victim, root: victim.merge_fields(MergedUser(role=Role.USER), by=root),
        lambda victim, root: victim.deactivate(by=root),
        lambda victim, root: victim.erase(by=root),
        lambda victim, root: victim.end_sessions(by=root),
        lambda victim, root: victim.merge_fields(MergedUser(password="quite another one"), by=root),
    ],
    ids=["demoted", "deleted", "erased", "sessions ended", "new password"],
)
def test_who_was_let_in_before_and_acts_after_is_refused(
    root: Person, carol: Person, alice: Person, fate: Callable[[User, User], object]
) -> None:
    """A body may take its time to arrive: what was revoked meanwhile is judged when it is written."""
    late = carol.as_actor()
    fate(User.get_by_id(carol.id), root.as_actor())
    before = rows("users")
    for act in (
        lambda: alice.user.merge_fields(MergedUser(data={"a": 1}), by=late),
        lambda: alice.user.deactivate(by=late),
        lambda: alice.user.erase(by=late),
        lambda: alice.user.end_sessions(by=late),
        lambda: alice.user.restore(by=late),
        lambda: late.merge_fields(MergedUser(username="carola"), by=late),
        lambda: late.deactivate(by=late),
        lambda: User.add(NewUser(username="dave", password="a rather long one", role=Role.ADMIN), by=late),
    ):
        with pytest.raises((NotSignedIn, Forbidden)):
            act()
    assert rows("users") == before


def test_a_change_that_meets_a_deletion_finds_nobody(alice: Person, root: Person, carol: Person) -> None:
    stale = User.get_by_id(alice.id)
    User.get_by_id(alice.id).deactivate(by=root.as_actor())
    before = rows("users")
    with pytest.raises(NotFound):
        stale.merge_fields(MergedUser(data={"a": 1}), by=carol.as_actor())
    for leave in (stale.deactivate, stale.erase, stale.end_sessions):
        with pytest.raises(NotFound):
            leave(by=carol.as_actor())
    assert rows("users") == before


def test_two_who_demote_each_other_at_once_leave_one(
    root: Person, carol: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read that they are admins, unless the first holds them before the second may look."""
    both_have_looked, look = threading.Barrier(2), User.as_of_now

    def look_together(actor: User) -> User:
        found = look(actor)
        with suppress(threading.BrokenBarrierError):
            both_have_looked.wait(0.3)
        return found

    monkeypatch.setattr(User, "as_of_now", look_together)
    pairs = [(root.user, carol.as_actor()), (carol.user, root.as_actor())]

    def demote_other(which: int) -> bool:
        target, actor = pairs[which]
        try:
            target.merge_fields(MergedUser(role=Role.USER), by=actor)
        except (Forbidden, LastAdmin):
            return False
        return True

    assert sorted(together(2, demote_other)) == [False, True]
    assert len(live_admins()) == 1


def test_a_rename_and_a_sign_up_that_want_one_name_do_not_both_have_it(app: Any, alice: Person, root: Person) -> None:
    def want(which: int) -> int:
        if which % 2:
            return ask_json(app, "PATCH", f"/users/{alice.id}", {"username": "Dave"}, headers=root.headers).status
        return ask_json(app, "POST", "/user", {"username": "dave", "password": "a rather long one"}).status

    statuses = Counter(together(20, want))
    assert statuses.keys() <= {200, 201, 409}
    assert len([row for row in rows("users") if row["username_key"] == "dave"]) == 1
    assert statuses[201] <= 1


def test_a_restoration_and_a_sign_up_that_want_one_name_do_not_both_have_it(
    app: Any, alice: Person, root: Person
) -> None:
    deactivate(app, alice, root)

    def want(which: int) -> int:
        if which % 2:
            return ask(app, "POST", f"/users/{alice.id}/restore", headers=root.headers).status
        return ask_json(app, "POST", "/user", {"username": "alice", "password": "a rather long one"}).status

    statuses = Counter(together(20, want))
    assert statuses.keys() <= {200, 201, 409}
    assert statuses[200] + statuses[201] == 1
    live = [row for row in rows("users") if row["username_key"] == "alice" and row["deleted_at"] is None]
    assert len(live) == 1


def test_a_log_in_that_meets_a_new_password_opens_nothing_that_lasts(
    app: Any, alice: Person, root: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old password was right when it was compared, and is not when the session is written."""
    monkeypatch.setattr(password, "_hashing", NoQueue())
    compare = password.matching_form

    def matches_and_is_late(given: str, known: str | None) -> str | None:
        right = compare(given, known)
        monkeypatch.setattr(password, "matching_form", compare)
        User.get_by_id(alice.id).merge_fields(MergedUser(password="quite another one"), by=root.as_actor())
        return right

    monkeypatch.setattr(password, "matching_form", matches_and_is_late)
    token = ask_json(app, "POST", "/auth", {"username": "alice", "password": alice.password}).json["token"]
    assert ask(app, "GET", "/users", headers={"Authorization": f"Bearer {token}"}).status == 401
