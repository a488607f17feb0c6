"""The full matrix: who may start, see, stop and list whose tasks, by what the owner is now."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from models.roles import Role
from models.task import Task
from models.task_kinds import NewDelay, NewJavaScript
from tests.client import Client
from tests.people import Person

ACTORS = ["a user", "another user", "an admin", "a second admin", "a demoted admin", "a promoted user"]
OWNERS = [*ACTORS, "a deleted user", "a deleted admin", "an erased user"]
ADMINS = {"an admin", "a second admin", "a promoted user"}
# Whose tasks are a user's: what counts is the role now.
OF_USERS = {"a user", "another user", "a demoted admin", "a deleted user"}
WERE_ADMINS = {"an admin", "a second admin", "a demoted admin", "a deleted admin"}


class Cast:
    """Everybody, each with a delay that is queued, and with what became of them."""

    def __init__(self, api: Client, make: Callable[..., Person]) -> None:
        self.people: dict[str, Person] = {}
        self.delays: dict[str, str] = {}
        for name in OWNERS:
            self.people[name] = make(name.replace(" ", "-"), Role.ADMIN if name in WERE_ADMINS else Role.USER)
            self.delays[name] = Task.submit(NewDelay(seconds=60), by=self.people[name].as_actor()).id
        root = self.people["an admin"].headers
        for name, role in (("a demoted admin", "user"), ("a promoted user", "admin")):
            api.patch_json(f"/users/{self.people[name].id}", {"role": role}, headers=root, status=200)
        for name in ("a deleted user", "a deleted admin"):
            api.delete(f"/users/{self.people[name].id}", headers=root, status=200)
        api.delete("/user/an-erased-user", headers=root, status=204)


@pytest.fixture
def cast(api: Client, person: Callable[..., Person]) -> Cast:
    return Cast(api, person)


def expected(actor: str, owner: str) -> int:
    """What may be seen and stopped: one's own, and by admins what is a user's now."""
    if owner == "an erased user":
        return 404
    return 200 if actor == owner or (actor in ADMINS and owner in OF_USERS) else 403


@pytest.mark.parametrize("actor", [*ACTORS, "a deleted user", "a deleted admin", "an erased user"])
def test_who_may_start_see_stop_and_list_what(api: Client, cast: Cast, actor: str) -> None:
    headers = cast.people[actor].headers
    gone = actor not in ACTORS
    bodies: dict[str, Any] = {"delay": {"seconds": 60}, "javascript": {"code": "1"}}
    for kind, params in bodies.items():
        status = 202 if kind == "delay" or actor in ADMINS else 403
        api.post_json("/tasks", {"type": kind, **params}, headers=headers, status=401 if gone else status)
    visible = {owner for owner in OWNERS if expected(actor, owner) == 200}
    if gone:
        api.get("/tasks", headers=headers, status=401)
    else:
        listed = api.get("/tasks", headers=headers, status=200).json["items"]
        assert {task["owner"] for task in listed} == {cast.people[owner].id for owner in visible}
    for owner, ask in product(OWNERS, (api.get, api.delete)):
        before = Task.by_id.find(cast.delays[owner])
        ask(f"/tasks/{cast.delays[owner]}", headers=headers, status=401 if gone else expected(actor, owner))
        if gone or owner not in visible:
            after = Task.by_id.find(cast.delays[owner])
            assert (before and before.__data__) == (after and after.__data__)


@pytest.mark.parametrize("owner", ["an admin", "a demoted admin", "a deleted admin"])
def test_javascript_is_its_owner_s_role_s_now(api: Client, person: Callable[..., Person], owner: str) -> None:
    """Started as an admin: another admin may see and stop it once that is a user, and then it has been stopped."""
    carol, root = person("carol", Role.ADMIN), person("root", Role.ADMIN)
    task_id = Task.submit(NewJavaScript(code="1"), by=carol.as_actor()).id
    if owner == "a demoted admin":
        api.patch_json(f"/users/{carol.id}", {"role": "user"}, headers=root.headers, status=200)
    if owner == "a deleted admin":
        api.delete(f"/users/{carol.id}", headers=root.headers, status=200)
    status = 200 if owner == "a demoted admin" else 403
    answer = api.get(f"/tasks/{task_id}", headers=root.headers, status=status)
    assert status == 403 or answer.json["status"] == "cancelled"
    api.delete(f"/tasks/{task_id}", headers=root.headers, status=status)
