"""Idempotency-Key on `POST /api/defects`: one report, one defect, one entry and one notice."""

from typing import Any

import pytest

from models.errors import Unavailable
from models.notification import Notification
from tests.client import Client
from tests.people import Person
from tests.security.asking import ask_json
from tests.security.rows import rows
from tests.security.together import together

LEAK = {"comment": "It leaks.", "timestamp": "2026-03-01T12:00:00Z"}
NOW = {"comment": "It leaks."}


def post(api: Client, body: Any, by: Person, status: int = 201, key: str = "k") -> Any:
    return api.post_json("/api/defects", body, headers=by.headers | {"Idempotency-Key": key}, status=status)


def made() -> tuple[int, int, int]:
    """How many defects there are, how many entries tell of one, and how many notices."""
    entries = [entry for entry in rows("audit_entry") if entry["model"] == "defect"]
    return len(rows("defect")), len(entries), len(rows("notification"))


@pytest.mark.parametrize("body", [LEAK, NOW], ids=["at a given time", "now"])
def test_the_same_key_gives_the_first_answer_again(api: Client, alice: Person, body: Any) -> None:
    first, second = [post(api, body, alice) for _ in range(2)]
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.body == first.body
    for header in ("Location", "ETag", "Content-Type"):
        assert second.headers[header] == first.headers[header]
    assert made() == (1, 1, 1)


def test_the_first_answer_is_given_whatever_became_of_the_defect(api: Client, alice: Person, bob: Person) -> None:
    first = post(api, LEAK, alice)
    path = first.headers["Location"]
    api.patch_json(path, {"comment": "It leaks no more."}, headers=bob.headers, status=200)
    assert post(api, LEAK, alice).body == first.body
    api.delete(path, headers=alice.headers, status=204)
    again = post(api, LEAK, alice)
    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")
    assert made() == (0, 3, 2)
    api.get(path, headers=alice.headers, status=404)


def test_twenty_at_once_report_one_defect(app: Any, alice: Person) -> None:
    headers = alice.headers | {"Idempotency-Key": "k"}
    answers = together(20, lambda _: ask_json(app, "POST", "/api/defects", LEAK, headers=headers))
    assert {answer.status for answer in answers} <= {201, 409}
    done = [answer for answer in answers if answer.status == 201]
    assert len({answer.body for answer in done}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in done) == 1
    assert made() == (1, 1, 1)


@pytest.mark.parametrize("body", [{**LEAK, "comment": "It leaks"}, NOW, {**LEAK, "timestamp": "2026-03-01T12:00:01Z"}])
def test_another_body_with_that_key_is_422(api: Client, alice: Person, body: Any) -> None:
    post(api, LEAK, alice)
    assert post(api, body, alice, 422).json["type"] == "/problems/key-reused"
    assert made() == (1, 1, 1)


def test_another_route_with_that_key_is_422(api: Client, alice: Person) -> None:
    post(api, LEAK, alice)
    headers = alice.headers | {"Idempotency-Key": "k"}
    api.post_json("/tasks", {"type": "delay", "seconds": 1}, headers=headers, status=422)
    assert rows("task") == []


def test_the_same_moment_in_another_time_zone_is_the_same_body(api: Client, alice: Person) -> None:
    first = post(api, LEAK, alice)
    assert post(api, {**LEAK, "timestamp": "2026-03-01T13:00:00+01:00"}, alice).body == first.body


def test_keys_are_each_person_s_own(api: Client, alice: Person, bob: Person) -> None:
    first, second = [post(api, LEAK, by).json for by in (alice, bob)]
    assert (first["user"], second["user"]) == (alice.id, bob.id)
    assert first["id"] != second["id"]
    assert made() == (2, 2, 2)


def test_another_key_is_another_defect(api: Client, alice: Person) -> None:
    assert post(api, LEAK, alice).json["id"] != post(api, LEAK, alice, key="l").json["id"]


@pytest.mark.parametrize("body", [{}, {"comment": " "}, {"comment": "a", "user": 1}, {"comment": "a", "timestamp": 1}])
def test_a_refused_request_leaves_its_key_free(api: Client, alice: Person, body: Any) -> None:
    post(api, body, alice, 400)
    assert (made(), rows("kept_answer")) == ((0, 0, 0), [])
    assert "Idempotent-Replayed" not in post(api, LEAK, alice).headers


def test_what_fails_half_way_leaves_neither_key_nor_defect(
    api: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise Unavailable

    with monkeypatch.context() as broken:
        broken.setattr(Notification, "write_drafts", fail)
        post(api, LEAK, alice, 503)
    assert (made(), rows("kept_answer")) == ((0, 0, 0), [])
    post(api, LEAK, alice)
    assert made() == (1, 1, 1)
