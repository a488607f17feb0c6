"""R34: whoever does the same at the same moment, one wins and nothing is lost."""

import gc
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle, islice
from typing import Any

import pytest

from models import password
from models.errors import UsernameTaken
from models.fair_queue import FairQueue
from models.roles import Role
from models.stores import opened
from tests.people import Person
from tests.removal import remove_erased
from tests.security.asking import ask, ask_json
from tests.security.rows import rows
from tests.security.together import NoQueue, together

# One name in small and capital letters, full width, bold, circled, with a Kelvin sign, long s and sharp s.
SPELLINGS = [
    "kassie",
    "KASSIE",
    "Kassie",
    "ｋａｓｓｉｅ",
    "𝐤𝐚𝐬𝐬𝐢𝐞",
    "ⓀⒶⓈⓈⒾⒺ",
    "\u212aassie",
    "ka\u017f\u017fie",
    "kaßie",
    "KAẞIE",
]


@pytest.fixture(params=[FairQueue, NoQueue], ids=["one process", "many processes"])
def hashing_turns(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """One hash at a time, as in one process, or all at once, as in many."""
    monkeypatch.setattr(password, "_hashing", request.param())


@pytest.mark.usefixtures("hashing_turns", "stores")
def test_of_fifty_sign_ups_of_one_name_in_all_its_spellings_one_wins(app: Any) -> None:
    """R34"""
    names = list(islice(cycle(SPELLINGS), 50))

    def sign_up(which: int) -> int:
        return ask_json(app, "POST", "/user", {"username": names[which], "password": "a long password"}).status

    assert Counter(together(50, sign_up)) == {201: 1, 409: 49}
    (account,) = rows("users")
    entries = [(entry["model"], entry["action"], entry["object_id"]) for entry in rows("audit_entry")]
    assert entries == [("user", "create", str(account["id"]))]


@pytest.mark.usefixtures("hashing_turns", "stores")
def test_fifty_sign_ups_of_different_names_all_succeed(app: Any) -> None:
    def sign_up(which: int) -> int:
        return ask_json(app, "POST", "/user", {"username": f"name{which}", "password": "a long password"}).status

    assert Counter(together(50, sign_up)) == {201: 50}
    assert len(rows("users")) == len(rows("audit_entry")) == 50


@pytest.mark.parametrize("seed", [random.randrange(10**9) for _ in range(3)], ids=["one", "two", "three"])
def test_the_last_two_admins_can_not_delete_each_other_at_once(
    app: Any, person: Callable[..., Person], seed: int
) -> None:
    """R34"""
    print("seed", seed)
    admins = [person("root", Role.ADMIN), person("carol", Role.ADMIN)]
    pairs = [(actor, target) for actor in admins for target in admins] * 5
    random.Random(seed).shuffle(pairs)

    def delete(which: int) -> int:
        actor, target = pairs[which]
        return ask(app, "DELETE", f"/user/{target.name}", headers=actor.headers).status

    statuses = Counter(together(20, delete))
    assert statuses.keys() <= {204, 401, 404, 409}
    assert statuses[204] == 1
    remove_erased()
    (last,) = rows("users")
    assert (last["role"], last["deleted_at"]) == ("admin", None)
    destroyed = [entry for entry in rows("audit_entry") if (entry["model"], entry["action"]) == ("user", "destroy")]
    assert len(destroyed) == 1


def test_forty_patches_of_different_keys_lose_nothing(app: Any, alice: Person) -> None:
    """R34"""

    def patch(which: int) -> int:
        patch = {"data": {f"key{which}": which, "shared": {str(which): which}}}
        return ask_json(app, "PATCH", "/user/alice", patch, headers=alice.headers).status

    assert together(40, patch) == [200] * 40
    data = ask(app, "GET", "/user/alice", headers=alice.headers).json["data"]
    shared = data.pop("shared")
    assert data == {f"key{which}": which for which in range(40)}
    assert shared == {str(which): which for which in range(40)}
    assert len([entry for entry in rows("audit_entry") if entry["action"] == "update"]) == 40


def test_of_twenty_deletions_of_one_account_one_is_acknowledged(app: Any, alice: Person) -> None:
    statuses = Counter(together(20, lambda _: ask(app, "DELETE", "/user/alice", headers=alice.headers).status))
    assert statuses.keys() <= {204, 401, 404}
    assert statuses[204] == 1
    remove_erased()
    assert rows("users") == []


def test_a_change_that_meets_a_deletion_is_done_or_refused_and_never_half(app: Any, alice: Person) -> None:
    def change(which: int) -> int:
        if which == 10:
            return ask(app, "DELETE", "/user/alice", headers=alice.headers).status
        return ask_json(app, "PATCH", "/user/alice", {"data": {str(which): 1}}, headers=alice.headers).status

    statuses = Counter(together(20, change))
    assert statuses.keys() <= {200, 204, 401, 404}
    updates = [entry for entry in rows("audit_entry") if entry["action"] == "update"]
    assert len(updates) == statuses[200]
    remove_erased()
    assert rows("users") == []


def test_of_two_sessions_that_end_all_others_at_once_one_stays(app: Any, alice: Person) -> None:
    tokens = [alice.token] + [alice.log_in() for _ in range(9)]

    def end_others(which: int) -> int:
        return ask(app, "DELETE", "/auth/sessions", headers={"Authorization": f"Bearer {tokens[which]}"}).status

    statuses = Counter(together(10, end_others))
    assert statuses == {200: 1, 401: 9}
    living = [
        token
        for token in tokens
        if ask(app, "GET", "/user/alice", headers={"Authorization": f"Bearer {token}"}).status == 200
    ]
    assert len(living) == 1


def test_a_name_is_free_again_the_moment_its_account_is_gone(app: Any, alice: Person) -> None:
    """R34"""

    def replace(which: int) -> int:
        if which == 0:
            return ask(app, "DELETE", "/user/alice", headers=alice.headers).status
        document = {"username": "Alice", "password": "a long password"}
        return ask_json(app, "POST", "/user", document).status

    statuses = together(20, replace)
    assert statuses[0] == 204
    taken = Counter(statuses[1:])
    assert taken.keys() <= {201, 409} and taken[201] <= 1
    with suppress(UsernameTaken):
        replace(1)
    remove_erased()
    assert len(rows("users")) == 1


def test_threads_that_come_and_go_do_not_use_redis_up(app: Any, alice: Person) -> None:
    """A server's threads may be replaced for as long as it runs; their connections go with them."""
    before = len(opened.redis.run("CLIENT", "LIST").splitlines())
    for _ in range(6):
        assert together(20, lambda _: ask(app, "GET", "/user/alice", headers=alice.headers).status) == [200] * 20
    gc.collect()
    assert len(opened.redis.run("CLIENT", "LIST").splitlines()) <= before + 20
