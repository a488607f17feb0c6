"""Idempotency-Key: done once, answered the same for a day. R33."""

import dataclasses
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.audit import AuditEntry
from models.errors import Unavailable
from models.idempotency import KeptAnswer, Once
from models.stores import database, opened
from models.task import Task
from models.user import User
from tests.client import Client
from tests.marks import on_postgres
from tests.people import Person
from tests.removal import remove_erased
from tests.security.rows import rows
from tests.security.together import together

DELAY = {"type": "delay", "seconds": 60}
DAVE = {"username": "dave", "password": "dave's long password", "role": "user", "email": "dave@example.com"}


def post(api: Client, path: str, body: Any, by: Person, key: str, status: int = 0, **more: str) -> Any:
    return api.post_json(path, body, headers=by.headers | {"Idempotency-Key": key} | more, status=status or None)


def test_the_same_key_gives_the_first_answer_again(api: Client, alice: Person) -> None:
    first, second = [post(api, "/tasks", DELAY, alice, "k", 202) for _ in range(2)]
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert (second.body, second.headers["Location"]) == (first.body, first.headers["Location"])
    assert Task.select().count() == 1
    assert AuditEntry.select().where(AuditEntry.model == "task").count() == 1


def test_the_first_answer_is_given_whatever_became_of_the_task(api: Client, alice: Person) -> None:
    first = post(api, "/tasks", DELAY, alice, "k", 202)
    api.delete(first.headers["Location"], headers=alice.headers, status=200)
    assert post(api, "/tasks", DELAY, alice, "k", 202).json == first.json
    waited = post(api, "/tasks", DELAY, alice, "k", 202, Prefer="wait=5")
    assert waited.json["status"] == "cancelled"


def test_a_user_is_made_once_with_the_same_answer_and_etag(api: Client, root: Person) -> None:
    first, second = [post(api, "/users", DAVE, root, "k", 201) for _ in range(2)]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.json == first.json
    for header in ("Location", "ETag"):
        assert second.headers[header] == first.headers[header]
    assert User.select().count() == 2


def test_white_space_and_order_make_no_other_body(api: Client, alice: Person) -> None:
    first = post(api, "/tasks", DELAY, alice, "k", 202)
    headers = alice.headers | {"Idempotency-Key": "k", "Content-Type": "application/json"}
    again = api.post("/tasks/", b'{ "seconds":60,\n"type":"delay" }', headers=headers, status=202)
    assert again.json == first.json


@pytest.mark.parametrize("body", [{"type": "delay", "seconds": 61}, {"type": "javascript", "code": "1"}])
def test_another_body_with_that_key_is_422(api: Client, root: Person, body: dict[str, Any]) -> None:
    post(api, "/tasks", DELAY, root, "k", 202)
    refusal = post(api, "/tasks", body, root, "k", 422)
    assert refusal.json["type"] == "/problems/key-reused"
    assert Task.select().count() == 1


def test_another_route_with_that_key_is_422(api: Client, root: Person) -> None:
    post(api, "/tasks", DELAY, root, "k", 202)
    post(api, "/users", DAVE, root, "k", 422)
    assert User.select().count() == 1


def test_keys_are_each_person_s_own(api: Client, alice: Person, bob: Person) -> None:
    ids = {post(api, "/tasks", DELAY, by, "k", 202).json["id"] for by in (alice, bob)}
    assert len(ids) == 2
    assert post(api, "/tasks", {**DELAY, "seconds": 1}, bob, "other", 202).json["owner"] == bob.id


def test_without_a_key_everything_is_done_as_often_as_asked(api: Client, alice: Person) -> None:
    for _ in range(2):
        api.post_json("/tasks", DELAY, headers=alice.headers, status=202)
    assert Task.select().count() == 2
    assert KeptAnswer.select().count() == 0


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256, "\x7f"])
def test_a_key_that_is_none_is_a_400_and_not_taken_for_none(api: Client, alice: Person, key: str) -> None:
    refusal = post(api, "/tasks", DELAY, alice, key, 400)
    assert [each["field"] for each in refusal.json["errors"]] == ["Idempotency-Key"]
    assert Task.select().count() == 0


@pytest.mark.parametrize("key", ["x", "x" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "!~"])
def test_a_key_may_be_any_visible_text(api: Client, alice: Person, key: str) -> None:
    assert post(api, "/tasks", DELAY, alice, key, 202).json == post(api, "/tasks", DELAY, alice, key, 202).json


def test_what_was_refused_was_not_done_and_may_be_tried_again(api: Client, alice: Person, root: Person) -> None:
    post(api, "/users", {**DAVE, "username": "alice"}, root, "k", 409)
    post(api, "/tasks", {"type": "javascript", "code": "1"}, alice, "k", 403)
    assert KeptAnswer.select().count() == 0
    post(api, "/users", DAVE, root, "k", 201)
    post(api, "/tasks", DELAY, alice, "k", 202)


def test_twenty_at_once_do_it_once(app: Any, api: Client, root: Person) -> None:
    answers = together(20, lambda _: Client(app).post_json(
        "/tasks", DELAY, headers=root.headers | {"Idempotency-Key": "k"}))  # fmt: skip
    assert {answer.status_int for answer in answers} <= {202, 409}
    assert len({answer.json["id"] for answer in answers if answer.status_int == 202}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers if answer.status_int == 202) == 1
    assert Task.select().count() == 1


def test_twenty_who_make_one_user_make_it_once_and_all_are_told(app: Any, api: Client, root: Person) -> None:
    answers = together(20, lambda _: Client(app).post_json(
        "/users", DAVE, headers=root.headers | {"Idempotency-Key": "k"}))  # fmt: skip
    assert {answer.status_int for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    assert User.select().count() == 2


def test_what_fails_half_way_leaves_neither_key_nor_effect(
    app: Any, api: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows("task"), rows("kept_answer"), rows("audit_entry")

    def fail(*_: Any, **__: Any) -> None:
        raise Unavailable

    with monkeypatch.context() as broken:
        broken.setattr(Once, "end", fail)
        post(api, "/tasks", DELAY, alice, "k", 503)
    assert (rows("task"), rows("kept_answer"), rows("audit_entry")) == before
    post(api, "/tasks", DELAY, alice, "k", 202)


def test_a_key_is_forgotten_after_a_day(api: Client, alice: Person) -> None:
    first = post(api, "/tasks", DELAY, alice, "k", 202)
    KeptAnswer.update(created_at=datetime.now(UTC) - timedelta(hours=23, minutes=59)).execute()
    assert KeptAnswer.forget_old() == 0
    assert post(api, "/tasks", DELAY, alice, "k", 202).json == first.json
    KeptAnswer.update(created_at=datetime.now(UTC) - timedelta(hours=24, seconds=1)).execute()
    assert post(api, "/tasks", {**DELAY, "seconds": 1}, alice, "k", 202).json["id"] != first.json["id"]
    KeptAnswer.update(created_at=datetime.now(UTC) - timedelta(hours=24, seconds=1)).execute()
    for number in range(1, 4):
        kept = KeptAnswer.get()
        kept.id, kept.key = kept.id + number, f"k{number}"
        kept.save(force_insert=True)
    assert KeptAnswer.forget_old() == 4
    assert KeptAnswer.forget_old() == 0
    assert rows("kept_answer") == []


@on_postgres  # SQLite's writers take turns as a whole: there is never a twin in flight
def test_a_twin_in_flight_is_waited_for_a_second_and_then_409(app: Any, api: Client, alice: Person) -> None:
    begun, done = threading.Event(), threading.Event()

    def first(_: int) -> None:
        with database.atomic() as transaction:
            KeptAnswer.create(user_id=alice.id, key="k", fingerprint="", created_at=datetime.now(UTC))
            begun.set()
            assert done.wait(20)
            transaction.rollback()

    def second(_: int) -> Any:
        assert begun.wait(20)
        asked_at = datetime.now(UTC)
        answer = post(Client(app), "/tasks", DELAY, alice, "k")
        done.set()
        return answer, (datetime.now(UTC) - asked_at).total_seconds()

    acts: list[Callable[[int], Any]] = [first, second]
    _, (answer, took) = together(2, lambda which: acts[which](which))
    assert (answer.status_int, answer.json["type"]) == (409, "/problems/key-in-flight")
    assert 0.9 < took < 4
    post(api, "/tasks", DELAY, alice, "k", 202)


def test_nothing_of_an_erased_person_is_kept(api: Client, root: Person, alice: Person) -> None:
    made = post(api, "/users", DAVE, root, "k", 201).json
    post(api, "/tasks", DELAY, alice, "k", 202)
    api.delete("/user/dave", headers=root.headers, status=204)
    api.delete("/user/alice", headers=alice.headers, status=204)
    assert "dave" not in str(rows("kept_answer"))
    remove_erased()
    (kept,) = rows("kept_answer")
    assert (kept["answer"], kept["about"]) == (None, f"user:{made['id']}")
    refusal = post(api, "/users", DAVE, root, "k", 409)
    assert refusal.json["type"] == "/problems/already-erased"
    assert User.select().count() == 1


def test_a_password_can_t_be_guessed_from_what_is_kept(api: Client, root: Person) -> None:
    post(api, "/users", DAVE, root, "k", 201)
    (kept,) = rows("kept_answer")
    assert DAVE["password"] not in str(kept)
    assert len(kept["fingerprint"]) == 64


def test_keys_outlive_a_rotation_of_the_secret(api: Client, alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    first = post(api, "/tasks", DELAY, alice, "k", 202)
    old = opened.settings
    rotated = dataclasses.replace(
        old, secret_key="a new secret of 32 bytes or more", secret_key_previous=old.secret_key
    )
    monkeypatch.setattr(opened, "settings", rotated)
    assert post(api, "/tasks", DELAY, alice, "k", 202).json == first.json
