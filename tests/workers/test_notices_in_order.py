"""Of each defect the counter server hears in order: a create that has not arrived holds the delete."""

import random
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.notification import Notification, delivering
from models.stores import drop_connection, held, opened
from tests.marks import on_postgres
from tests.people import Person
from tests.security.together import together
from tests.services.counter import CounterServer, answers, in_turn, named
from tests.workers.notice_rows import created, created_and_deleted, due, row
from workers.notices import deliver

PAST = timedelta(seconds=-1)


@pytest.fixture
def counter(app: Any) -> Iterator[CounterServer]:
    with CounterServer() as server, named(server.url):
        yield server


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, app: Any) -> list[int]:
    """The ids that workers are told."""
    told: list[int] = []
    monkeypatch.setattr(opened, "send", lambda _, notice_id: told.append(notice_id))
    return told


def give_up(*notice_ids: int) -> None:
    """Have three days be over."""
    over = {"give_up_at": datetime.now(UTC) + PAST, "next_attempt_at": datetime.now(UTC) + PAST}
    Notification.update(over).where(Notification.id.in_(notice_ids)).execute()


def claimed(notice_id: int) -> Notification:
    found = Notification.claim(notice_id)
    assert found is not None
    return found


def arrives(begun: Notification) -> threading.Thread:
    """Somebody else who has delivered a notice."""

    def confirm() -> None:
        begun.confirm()
        drop_connection()

    return threading.Thread(target=confirm)


def is_free(notice_id: int) -> bool:
    return bool(row(notice_id).next_attempt_at <= datetime.now(UTC))


def test_a_delete_sleeps_until_its_create_has_arrived(alice: Person, counter: CounterServer, sent: list[int]) -> None:
    counter.behaves = in_turn([answers(500)], answers(200))
    create, delete = created_and_deleted(alice)
    for notice_id in (create, delete):
        deliver(notice_id)
    asleep = row(delete)
    assert (asleep.status, asleep.attempts) == ("pending", 0)
    assert asleep.last_error == f"Waits for notice {create}, which comes first."
    assert asleep.next_attempt_at == asleep.send_at == asleep.give_up_at
    sent.clear()
    deliver(due(create))
    assert sent == [delete], "it is told of at once"
    deliver(delete)
    assert [each.notice["action"] for each in counter.received] == ["create", "create", "delete"]
    assert [row(each).status for each in (create, delete)] == ["delivered", "delivered"]


def test_one_that_is_in_a_worker_s_hands_has_not_arrived(alice: Person, counter: CounterServer) -> None:
    create, delete = created_and_deleted(alice)
    begun = claimed(create)
    deliver(delete)
    assert (counter.received, is_free(delete)) == ([], False)
    begun.confirm()
    deliver(delete)
    assert row(delete).status == "delivered"


def test_other_defects_are_not_held(alice: Person, counter: CounterServer) -> None:
    counter.behaves = in_turn([answers(500)], answers(200))
    refused = created(alice)
    create, delete = created_and_deleted(alice)
    for notice_id in (refused, create, delete):
        deliver(notice_id)
    assert [row(each).status for each in (refused, create, delete)] == ["pending", "delivered", "delivered"]


def test_a_delete_whose_create_never_arrives_fails_unsent(alice: Person, counter: CounterServer) -> None:
    counter.behaves = answers(500)
    create, delete = created_and_deleted(alice)
    give_up(create)
    for notice_id in (create, delete):
        deliver(notice_id)
    assert [row(each).status for each in (create, delete)] == ["failed", "pending"]
    give_up(delete)
    deliver(delete)
    assert (row(delete).status, row(delete).last_error) == (
        "failed",
        f"Waits for notice {create}, which comes first.",
    )
    assert len(counter.received) == 1


def test_a_create_that_arrives_when_it_is_sent_again_frees_its_delete(
    alice: Person, root: Person, counter: CounterServer
) -> None:
    counter.behaves = in_turn([answers(500)], answers(200))
    create, delete = created_and_deleted(alice)
    give_up(create)
    for notice_id in (create, delete):
        deliver(notice_id)
    row(create).retry(by=root.as_actor())
    for notice_id in (create, delete):
        deliver(notice_id)
    assert [row(each).status for each in (create, delete)] == ["delivered", "delivered"]


def test_a_delete_that_looks_when_its_create_arrives_is_not_left_asleep(alice: Person) -> None:
    """R25"""
    print(f"seed {(seed := random.randrange(2**32))}")
    chance = random.Random(seed)
    for _ in range(40):
        create, delete = created_and_deleted(alice)
        begun, late = claimed(create), chance.uniform(-0.003, 0.003)

        def act(which: int, begun: Notification = begun, delete: int = delete, late: float = late) -> Any:
            time.sleep(max(0.0, late if which else -late))
            return Notification.claim(delete) if which else begun.confirm()

        _, taken = together(2, act)
        assert taken is not None or is_free(delete)
        assert row(create).status == "delivered"


@on_postgres  # SQLite's writers take turns as a whole
def test_a_create_that_arrives_between_two_looks_is_seen(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    create, delete = created_and_deleted(alice)
    begun = claimed(create)

    def held_after_all(query: Any) -> Any:
        arriving = arrives(begun)
        arriving.start()
        arriving.join(4)
        return held(query)

    monkeypatch.setattr(delivering, "held", held_after_all)
    assert Notification.claim(delete) is not None


@on_postgres
def test_a_create_that_arrives_while_its_delete_goes_to_sleep_wakes_it(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, delete = created_and_deleted(alice)
    begun = claimed(create)
    arriving = arrives(begun)
    changed = Notification._changed

    def changed_slowly(self: Notification, **fields: Any) -> bool:
        arriving.start()
        arriving.join(0.3)
        return changed(self, **fields)

    monkeypatch.setattr(Notification, "_changed", changed_slowly)
    assert Notification.claim(delete) is None
    arriving.join(5)
    assert row(create).status == "delivered"
    assert is_free(delete)
