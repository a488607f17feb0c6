"""What the server decides can't be sent: each such field, in each body, is a 400 that names it."""

from collections.abc import Callable
from html import escape
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest

from api.app import ROUTES
from api.openapi import operations_of
from hooks.body import kinds_of
from hooks.form import HOUSEKEEPING
from models.account import (
    Credentials,
    MergedProfile,
    MergedUser,
    NewAccount,
    NewUser,
    ReplacedProfile,
    ReplacedUser,
)
from models.bodies import Body
from models.defect import Defect
from models.defect_document import MergedDefect, NewDefect, ReplacedDefect
from models.notification import Notification
from models.roles import Role
from models.task import Task
from models.task_kinds import NewDelay, NewJavaScript
from models.user import User
from tests.people import Person
from tests.security.asking import ask, ask_json
from tests.security.desk import Desk, kept
from tests.security.hostile_forms import FORMS
from tests.security.rows import rows

BODIES: dict[tuple[str, str], tuple[Any, dict[str, Any]]] = {
    ("POST", "/user"): (NewAccount, {"username": "mallory", "password": "mallory's long password"}),
    ("PUT", "/user/alice"): (ReplacedProfile, {"data": {"new": 1}, "email": "new@example.com"}),
    ("PATCH", "/user/alice"): (MergedProfile, {"data": {"new": 1}, "email": "new@example.com"}),
    ("POST", "/auth"): (Credentials, {"username": "alice", "password": "alice's long password"}),
    ("POST", "/users"): (NewUser, {"username": "mallory", "password": "mallory's long password", "role": "user"}),
    ("PUT", "/users/1"): (ReplacedUser, {"data": {"new": 1}, "email": "new@example.com"}),
    ("POST", "/tasks"): (NewDelay, {"type": "delay", "seconds": 60}),
    ("POST", "/tasks/"): (NewJavaScript, {"type": "javascript", "code": "1"}),
    ("POST", "/api/defects"): (NewDefect, {"comment": "The door sticks."}),
    ("PUT", "/api/defects/1"): (ReplacedDefect, {"comment": "The door sticks."}),
    ("PATCH", "/api/defects/1"): (MergedDefect, {"comment": "The door sticks."}),
    ("PATCH", "/users/1"): (MergedUser, {"data": {"new": 1}, "email": "new@example.com"}),
}
KINDS: dict[str, type[Body]] = {
    "/admin/login": Credentials,
    "/admin/users/new": NewUser,
    "/admin/users/{alice}": ReplacedUser,
    "/admin/users/{alice}/password": MergedUser,
    "/admin/users/{alice}/delete": Body,
    "/admin/defects/new": NewDefect,
    "/admin/defects/1": ReplacedDefect,
    "/admin/defects/2/delete": Body,
    "/admin/tasks/new": NewDelay,
    "/admin/tasks/new/": NewJavaScript,
}
OWN = ["/user/alice", "/users/1", "/users/1/", "/user/ALICE"]
SMUGGLED: dict[str, Any] = {
    "id": 1,
    "username": "mallory",
    "username_key": "mallory",
    "role": "admin",
    "password_hash": "$2b$04$" + "a" * 53,
    "kept_session": "00000000-0000-0000-0000-000000000000",
    "session_epoch": 7,
    "created_at": "1970-01-01T00:00:00Z",
    "updated_at": "1970-01-01T00:00:00Z",
    "deleted_at": "1970-01-01T00:00:00Z",
    "password": "another long password",
    "email": "new@example.com",
    "email_key": "new@example.com",
    "data": {"new": 1},
}
NEVER_FIELDS = [
    "is_admin", "is_staff", "is_superuser", "admin", "roles", "owner", "user", "user_id", "actor",
    "session_id", "epoch",
    "token", "jti", "sub", "exp", "current_password", "request_id", "ROLE", "Role", "role ", "rol\u0435", "_id",
    "__class__", "__struct_fields__", "RULES", "UNKNOWN", "", "a.b", "data.role",
]  # fmt: skip


def never_fields_of(method: str, path: str) -> list[str]:
    """Names that mean something to the server, and are no field of that body."""
    kind, good = BODIES[method, path]
    names = {*User._meta.fields, *NEVER_FIELDS, "password"}
    names |= {*Task._meta.fields, "code", "seconds", "cancelled_by"} if "/tasks" in path else set()
    names |= {*Defect._meta.fields, *Notification._meta.fields, "creator"} if "/defects" in path else set()
    return sorted(names - good.keys() - set(kind.__struct_fields__))


def test_every_body_of_a_route_and_every_form_is_tried() -> None:
    taken = {
        (method.upper(), kind)
        for resource in ROUTES.values()
        for method, responder in operations_of(resource).items()
        if "body" in responder.__annotations__
        for kind in kinds_of(responder.__annotations__["body"])
    }
    assert {(method, kind) for (method, _), (kind, _) in BODIES.items()} == taken | {("POST", Credentials)}
    assert FORMS.keys() == KINDS.keys()


def test_every_column_of_an_account_has_a_value_to_smuggle() -> None:
    assert User._meta.fields.keys() <= SMUGGLED.keys()


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_a_field_of_the_server_s_is_refused_by_name(
    app: Any, alice: Person, root: Person, method: str, path: str
) -> None:
    Defect.report(NewDefect(comment="The window sticks."), by=alice.as_actor())
    before = rows("users"), rows("task"), rows("defect")
    for name in never_fields_of(method, path):
        of_admins = path == "/users" or (name == "role" and path.startswith(("/user/", "/users/")))
        for person, value in product((alice, root), (SMUGGLED.get(name, "admin"), None)):
            refusal = ask_json(app, method, path, BODIES[method, path][1] | {name: value}, headers=person.headers)
            if person is alice and of_admins:
                assert refusal.status == 403, "one's own role, and all that is for admins, is no matter of form"
            else:
                assert refusal.status == 400, name
                assert refusal.faults.keys() == {name}
    assert (rows("users"), rows("task"), rows("defect")) == before


@pytest.mark.parametrize("path", FORMS)
def test_a_field_of_the_server_s_in_a_form_is_refused_by_name(desk: Desk, path: str) -> None:
    columns = {name for model in (User, Task, Defect, Notification) for name in model._meta.fields}
    before = kept()
    for name in sorted((columns | set(NEVER_FIELDS)) - {*KINDS[path].__struct_fields__, "type", *HOUSEKEEPING}):
        refusal = desk.fill_in(path, **{quote(name): quote(str(SMUGGLED.get(name, "admin")))})
        assert refusal.status == 400, name
        assert f"<strong>{escape(name)}</strong>" in refusal.body.decode(), name
    assert kept() == before


def test_one_s_own_role_in_a_form_is_403(desk: Desk, carol: Person) -> None:
    before = kept()
    for role in Role:
        assert desk.send(f"/admin/users/{desk.root.id}", f"role={role}".encode()).status == 403
    assert kept() == before


@pytest.mark.parametrize("body", ["", "role=admin", "username=mallory", "email=a%40example.com", "current_password=x"])
def test_the_form_for_a_password_takes_a_password_and_nothing_else(desk: Desk, body: str) -> None:
    before = kept()
    assert desk.send("/admin/users/{alice}/password", body.encode()).status == 400
    assert kept() == before


def test_all_of_them_together_are_all_named(app: Any, alice: Person) -> None:
    given = {name: value for name, value in SMUGGLED.items() if name != "role"}
    refusal = ask_json(app, "PUT", "/user/alice", given, headers=alice.headers)
    assert refusal.status == 400
    assert refusal.faults.keys() == given.keys() - {"email", "data"}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("path", OWN)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_one_s_own_role_is_403_in_every_spelling(
    app: Any, person: Callable[..., Person], method: str, path: str, role: Role
) -> None:
    alice = person("alice", role)
    before = rows("users")
    for body in (
        *(b'{"data": {}, "role": %s}' % value for value in (b'"user"', b'"admin"', b'"ADMIN"', b"null", b"7", b"{}")),
        b'{"role": "admin", "role": "user", "data": {}}',
        b'{"\\u0072ole": "admin", "data": {}}',
        b'{"data": {}, "nonsense": 1, "email": 7, "role": "admin"}',
    ):
        refusal = ask(app, method, path, headers=alice.headers, body=body)
        assert refusal.status == 403, body
        assert "own role" in refusal.json["detail"]
    for name in ("ROLE", "Role", "role ", "rol\u0435", "ｒｏｌｅ"):
        refusal = ask_json(app, method, path, {"data": {}, name: "admin"}, headers=alice.headers)
        assert (refusal.status, list(refusal.faults)) == (400, [name])
    assert rows("users") == before


def test_under_data_the_same_names_are_nothing_but_data(app: Any, alice: Person) -> None:
    # What stands under data is shown again, and so must be nobody's secret.
    data = SMUGGLED | {"password": "no password here"}
    answer = ask_json(app, "PUT", "/user/alice", {"data": data}, headers=alice.headers)
    assert answer.status == 200
    assert answer.json == {**answer.json, "role": "user", "id": alice.id, "username": "alice", "data": data}
    assert ask_json(app, "POST", "/auth", {"username": "alice", "password": alice.password}).status == 201
    assert [row["username"] for row in rows("users")] == ["alice"]
