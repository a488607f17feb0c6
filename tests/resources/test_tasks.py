"""`/tasks` over HTTP: started, asked after, stopped; workers are played by the tests."""

import re
from typing import Any

import pytest

from models.audit import AuditEntry
from models.task import Task
from models.task_kinds import LARGEST_CODE, NewDelay
from tests.client import Client
from tests.people import Person

NOWHERE = "00000000-0000-4000-8000-000000000000"


def start(api: Client, by: Person, body: dict[str, Any], status: int = 202, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.post_json("/tasks", body, headers=by.headers | named, status=status)


def delay(api: Client, by: Person, seconds: float = 60) -> dict[str, Any]:
    started: dict[str, Any] = start(api, by, {"type": "delay", "seconds": seconds}).json
    return started


def test_anyone_may_start_a_delay_and_is_told_where_to_ask(api: Client, alice: Person) -> None:
    answer = start(api, alice, {"type": "delay", "seconds": 1.5}, X_Request_ID="req-1")
    task = answer.json
    assert answer.headers["Location"] == f"/tasks/{task['id']}"
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", task["id"])
    assert task == {
        "id": task["id"], "type": "delay", "params": {"seconds": 1.5}, "owner": alice.id, "status": "queued",
        "result": None, "error": None, "logs": [], "created_at": task["created_at"], "started_at": None,
        "finished_at": None, "cancelled_by": None, "request_id": "req-1",
    }  # fmt: skip
    assert api.get(answer.headers["Location"], headers=alice.headers, status=200).json == task


def test_an_admin_may_start_javascript_and_a_user_may_not(api: Client, alice: Person, root: Person) -> None:
    code = {"type": "javascript", "code": "6*7"}
    assert start(api, root, code).json["params"] == {"code": "6*7"}
    refusal = start(api, alice, code, status=403).json
    assert refusal["detail"] == "Only an admin may run JavaScript."
    assert Task.select().count() == 1


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"type": "Give delay or javascript."}),
        ({"seconds": 1}, {"type": "Give delay or javascript."}),
        ({"type": None, "seconds": 1}, {"type": "Give delay or javascript."}),
        ({"type": ["delay"], "seconds": 1}, {"type": "Give delay or javascript."}),
        ({"type": "Delay", "seconds": 1}, {"type": "Give delay or javascript."}),
        ({"type": "delay"}, {"seconds": "This field is required."}),
        ({"type": "delay", "seconds": -0.1}, {"seconds": "Give seconds from 0 to 604800."}),
        ({"type": "delay", "seconds": 604800.1}, {"seconds": "Give seconds from 0 to 604800."}),
        ({"type": "delay", "seconds": 10**400}, {"seconds": "Give seconds from 0 to 604800."}),
        ({"type": "delay", "seconds": "1"}, {"seconds": "Expected int | float, got str."}),
        ({"type": "delay", "seconds": True}, {"seconds": "Expected int | float, got bool."}),
        ({"type": "delay", "seconds": None}, {"seconds": "Expected int | float, got null."}),
        ({"type": "delay", "seconds": 1, "code": "1"}, {"code": "There is no such field here."}),
        ({"type": "delay", "seconds": -1, "x": 1}, {"seconds": "Give seconds from 0 to 604800.",
         "x": "There is no such field here."}),
        ({"type": "javascript"}, {"code": "This field is required."}),
        ({"type": "javascript", "code": 7}, {"code": "Expected str, got int."}),
        ({"type": "javascript", "code": "é" * (LARGEST_CODE // 2) + "x"},
         {"code": "Give 256 KiB of code at most, in UTF-8."}),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_task_is_named(
    api: Client, root: Person, body: dict[str, Any], faults: dict[str, str]
) -> None:
    refusal = start(api, root, body, status=400)
    assert {each["field"]: each["message"] for each in refusal.json["errors"]} == faults
    assert Task.select().count() == 0


@pytest.mark.parametrize(
    "body",
    [
        {"type": "delay", "seconds": 0},
        {"type": "delay", "seconds": 604800},
        {"type": "delay", "seconds": 1e-300},
        {"type": "javascript", "code": ""},
        {"type": "javascript", "code": "\0 \u2028 😀"},
        {"type": "javascript", "code": "x" * LARGEST_CODE},
    ],
    ids=lambda body: str(body)[:60],
)
def test_what_is_right_at_the_edge_is_kept_as_it_was_given(api: Client, root: Person, body: dict[str, Any]) -> None:
    task = start(api, root, body).json
    assert {"type": task["type"], **task["params"]} == body
    assert api.get(f"/tasks/{task['id']}", headers=root.headers, status=200).json == task


def test_of_a_type_that_is_given_twice_the_last_counts(api: Client, root: Person) -> None:
    headers = root.headers | {"Content-Type": "application/json"}
    last_fits = b'{"type": "delay", "type": "javascript", "code": "1"}'
    assert api.post("/tasks", last_fits, headers=headers, status=202).json["type"] == "javascript"
    first_fits = b'{"type": "javascript", "type": "delay", "code": "1"}'
    answer = api.post("/tasks", first_fits, headers=headers, status=400)
    assert {fault["field"] for fault in answer.json["errors"]} == {"code", "seconds"}


def test_a_result_is_the_json_that_the_code_made(api: Client, root: Person) -> None:
    task = start(api, root, {"type": "javascript", "code": "…"}).json
    mine = Task.claim(task["id"])
    assert mine is not None
    result = '{"b": [1.0, 1e400, 123456789012345678901234567890, "é😀\\u0000"], "a": null}'
    assert mine.finish(result.encode(), [{"level": "warn", "text": "\0"}])
    answer = api.get(f"/tasks/{task['id']}", headers=root.headers, status=200)
    assert f'"result":{result}' in answer.text
    assert (answer.json["status"], answer.json["logs"]) == ("succeeded", [{"level": "warn", "text": "\0"}])


def test_a_queued_task_is_stopped_at_once_and_again_with_the_same_answer(api: Client, alice: Person) -> None:
    task = delay(api, alice)
    path = f"/tasks/{task['id']}"
    first, second = [api.delete(path, headers=alice.headers, status=200).json for _ in range(2)]
    assert (first["status"], first["cancelled_by"], first["result"]) == ("cancelled", alice.id, None)
    assert second == first
    assert api.get(path, headers=alice.headers, status=200).json == first


def test_a_running_task_is_202_until_it_has_stopped(api: Client, root: Person) -> None:
    task = start(api, root, {"type": "javascript", "code": "while(true){}"}).json
    path = f"/tasks/{task['id']}"
    mine = Task.claim(task["id"])
    assert mine is not None
    assert api.get(path, headers=root.headers, status=200).json["status"] == "running"
    for _ in range(2):
        assert api.delete(path, headers=root.headers, status=202).json["status"] == "cancelling"
    mine.confirm_stopped([])
    assert api.delete(path, headers=root.headers, status=200).json["status"] == "cancelled"


def test_a_task_that_has_ended_can_t_be_stopped(api: Client, alice: Person) -> None:
    task = delay(api, alice, 0)
    Task.finish_due()
    refusal = api.delete(f"/tasks/{task['id']}", headers=alice.headers, status=409)
    assert refusal.json["type"] == "/problems/task-ended"
    assert api.get(f"/tasks/{task['id']}", headers=alice.headers).json["status"] == "succeeded"


def test_an_admin_stops_a_user_s_task_and_is_named(api: Client, alice: Person, root: Person) -> None:
    task = delay(api, alice)
    stopped = api.delete(f"/tasks/{task['id']}", headers=root.headers, status=200).json
    assert (stopped["owner"], stopped["cancelled_by"]) == (alice.id, root.id)
    entry = AuditEntry.select().order_by(AuditEntry.id.desc()).first()
    assert (entry.model, entry.action, entry.object_id, entry.user_id) == ("task", "update", task["id"], root.id)


@pytest.mark.parametrize("path", [f"/tasks/{NOWHERE}", "/tasks/1", "/tasks/nonsense", f"/tasks/{NOWHERE}0"])
def test_a_task_that_is_not_there_is_404(api: Client, alice: Person, path: str) -> None:
    for ask in (api.get, api.delete):
        ask(path, headers=alice.headers, status=404)


def test_ids_are_found_in_the_form_that_they_are_given_in(api: Client, alice: Person) -> None:
    task = Task.submit(NewDelay(seconds=60), by=alice.as_actor())
    assert api.get(f"/tasks/{task.id}/", headers=alice.headers, status=200).json["id"] == task.id
