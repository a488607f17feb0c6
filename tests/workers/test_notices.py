"""What the counter server is told, and what becomes of a notice by how it answers."""

import json
from collections.abc import Callable
from typing import Any

import pytest

import logs
from models.notification import Notification
from models.stores import database
from tests.client import Client
from tests.faults import database_away
from tests.people import Person
from tests.services.counter import CounterServer, answers, in_turn, named, resets
from tests.workers.notice_rows import created, due, row
from workers.notices import deliver


def test_it_arrives_exactly_as_was_promised(api: Client, alice: Person, counter: CounterServer) -> None:
    headers = alice.headers | {"X-Request-ID": "req-1"}
    defect = api.post_json("/api/defects", {"comment": "It leaks."}, headers=headers, status=201).json
    api.delete(f"/api/defects/{defect['id']}", headers=alice.headers | {"X-Request-ID": "req-2"}, status=204)
    notices = list(Notification.select().order_by(Notification.id))
    for notice in notices:
        deliver(notice.id)
    assert counter.bodies() == [
        b'{"user": %d, "action": "create"}' % alice.id,
        b'{"user": %d, "action": "delete"}' % alice.id,
    ]
    assert [(each.method, each.target, each.headers["Content-Type"]) for each in counter.received] == [
        ("POST", "/", "application/json")
    ] * 2
    assert [each.key for each in counter.received] == [notice.key for notice in notices]
    assert [each.headers["X-Request-ID"] for each in counter.received] == ["req-1", "req-2"]
    assert all(len(notice.key) >= 32 for notice in notices), "nobody guesses it"


def test_who_was_asked_by_nobody_names_no_request(alice: Person, counter: CounterServer) -> None:
    deliver(created(alice))
    assert "X-Request-ID" not in counter.received[0].headers


@pytest.mark.parametrize("status", [200, 201, 202, 204, 205, 226, 299])
@pytest.mark.parametrize("body", [b"", b'{"create": 1}', b"\xff not JSON"])
def test_any_2xx_delivers_it(alice: Person, counter: CounterServer, status: int, body: bytes) -> None:
    counter.behaves = answers(status, b"" if status == 204 else body)
    notice_id = created(alice)
    deliver(notice_id)
    notice = row(notice_id)
    assert (notice.status, notice.attempts, notice.last_error) == ("delivered", 1, None)
    assert (notice.next_attempt_at, notice.send_at) == (None, None)
    assert notice.created_at <= notice.last_attempt_at <= notice.delivered_at
    deliver(notice_id)
    assert len(counter.received) == 1


@pytest.mark.parametrize("status", [300, 301, 302, 304, 307, 400, 401, 404, 409, 410, 429, 500, 503, 999])
def test_any_other_status_leaves_it_for_later(alice: Person, counter: CounterServer, status: int) -> None:
    with CounterServer() as elsewhere:
        counter.behaves = in_turn([answers(status, Location=elsewhere.url)], answers(200))
        notice_id = created(alice)
        deliver(notice_id)
        notice = row(notice_id)
        assert (notice.status, notice.attempts, notice.last_error) == ("pending", 1, f"The answer was {status}.")
        assert notice.next_attempt_at == notice.send_at > notice.last_attempt_at
        assert elsewhere.received == []
    deliver(due(notice_id))
    assert (row(notice_id).status, row(notice_id).attempts) == ("delivered", 2)


def test_it_keeps_its_key_however_often_it_is_sent(alice: Person, counter: CounterServer) -> None:
    counter.behaves = in_turn([answers(500), resets, answers(429), answers(302)], answers(200))
    one, other = created(alice), created(alice)
    for notice_id in (one, other, one, one, one):
        deliver(due(notice_id))
    assert [each.key for each in counter.received] == [row(which).key for which in (one, other, one, one, one)]
    assert len(counter.counted()) == 2


def test_without_an_address_it_waits_and_says_so(alice: Person, app: Any) -> None:
    notice_id = created(alice)
    with named(None):
        deliver(notice_id)
    assert (row(notice_id).status, row(notice_id).last_error) == ("pending", "COUNTER_URL is not set.")


def test_what_is_not_there_is_not_delivered(stores: None, counter: CounterServer) -> None:
    deliver(12345)
    assert counter.received == []


def test_a_notice_that_can_t_be_read_is_left(
    alice: Person, counter: CounterServer, capfd: pytest.CaptureFixture[str]
) -> None:
    notice_id = created(alice)
    with database_away():
        deliver(notice_id)
    assert '"event":"notice left"' in capfd.readouterr().out
    assert (row(notice_id).status, row(notice_id).attempts, counter.received) == ("pending", 0, [])


@pytest.mark.parametrize("status", [200, 500])
def test_a_database_that_is_away_when_the_answer_comes_leaves_it_for_later(
    alice: Person, counter: CounterServer, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    counter.behaves = in_turn([answers(status)], answers(200))
    notice_id = created(alice)
    with monkeypatch.context() as meanwhile:
        for step in ("confirm", "postpone"):
            meanwhile.setattr(Notification, step, without_database(getattr(Notification, step)))
        deliver(notice_id)
    assert not database.in_transaction()
    assert (row(notice_id).status, row(notice_id).attempts, len(counter.received)) == ("pending", 1, 1)
    deliver(due(notice_id))
    assert (row(notice_id).status, len(counter.received), len(counter.counted())) == ("delivered", 2, 1)


def without_database(step: Callable[..., None]) -> Callable[..., None]:
    def taken(*given: Any, **more: Any) -> None:
        with database_away():
            step(*given, **more)

    return taken


def test_log_lines_of_a_notice_carry_the_id_of_its_request(
    alice: Person, counter: CounterServer, capfd: pytest.CaptureFixture[str]
) -> None:
    counter.behaves = in_turn([answers(500)], answers(200))
    notice_id = created(alice)
    Notification.update(request_id="req-1").execute()
    capfd.readouterr()
    for _ in range(2):
        deliver(due(notice_id))
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["notice not delivered", "notice delivered"]
    assert {(line["request_id"], line["notice"]) for line in lines} == {("req-1", notice_id)}
    assert logs.request_id.get() is None
