"""A retry of a notice that is pending: tried at once, still in order, and never by two workers."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.errors import AlreadyDelivered, Conflict
from models.notification import Notification
from models.stores import drop_connection
from models.user import User
from tests.people import Person
from tests.security.rows import rows
from tests.security.together import together
from tests.services.counter import CounterServer, answers, in_turn
from tests.workers.notice_rows import claimed, created, created_and_deleted, is_free, row
from workers.notices import deliver

PARKED = "99999999999999999999"


def stored() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return rows("notification"), rows("audit_entry")


def pause(notice_id: int) -> None:
    """Have a notice wait for a long time."""
    later = datetime.now(UTC) + timedelta(hours=72)
    Notification.update(next_attempt_at=later, send_at=later).where(Notification.id == notice_id).execute()


def test_what_the_counter_server_parked_arrives_when_an_admin_says_so(
    alice: Person, root: Person, counter: CounterServer, sent: list[int]
) -> None:
    counter.behaves = in_turn([answers(503, Retry_After=PARKED)], answers(200))
    notice_id = created(alice)
    deliver(notice_id)
    deliver(notice_id)
    assert len(counter.received) == 1
    sent.clear()
    give_up_at = row(notice_id).give_up_at
    row(notice_id).retry(by=root.as_actor())
    assert (sent, row(notice_id).give_up_at) == ([notice_id], give_up_at)
    deliver(notice_id)
    assert (row(notice_id).status, len(counter.received), len(counter.counted())) == ("delivered", 2, 1)


def test_one_that_is_being_delivered_stays_as_it_is(
    alice: Person, root: Person, counter: CounterServer, sent: list[int]
) -> None:
    begun = claimed(created(alice))
    sent.clear()
    before = stored()
    assert row(begun.id).retry(by=root.as_actor()).status == "pending"
    assert (stored(), sent) == (before, [])
    deliver(begun.id)
    assert counter.received == []
    begun.confirm()
    assert row(begun.id).status == "delivered"


def test_one_whose_worker_died_is_tried_now(alice: Person, root: Person, counter: CounterServer) -> None:
    begun = claimed(created(alice))
    past = datetime.now(UTC) - timedelta(minutes=1)
    Notification.update(last_attempt_at=past, next_attempt_at=past + timedelta(seconds=30)).execute()
    row(begun.id).retry(by=root.as_actor())
    deliver(begun.id)
    assert row(begun.id).status == "delivered"


def test_one_that_is_due_is_sent_once_more_and_nothing_else_changes(
    alice: Person, root: Person, sent: list[int]
) -> None:
    notice_id = created(alice)
    sent.clear()
    before = stored()
    row(notice_id).retry(by=root.as_actor())
    assert (stored(), sent) == (before, [notice_id])


def race(notice_id: int, by: User, order: random.Random) -> None:
    """Retry a notice twice while four workers try to deliver it."""
    retries = [True, True, False, False, False, False]
    order.shuffle(retries)

    def act(which: int) -> None:
        try:
            row(notice_id).retry(by=by) if retries[which] else deliver(notice_id)
        except AlreadyDelivered:
            assert row(notice_id).status == "delivered"
        finally:
            drop_connection()

    together(len(retries), act)


@pytest.mark.parametrize("first_has_failed", [False, True])
def test_a_pending_delete_never_overtakes_its_create(
    alice: Person, root: Person, counter: CounterServer, first_has_failed: bool
) -> None:
    create, delete = created_and_deleted(alice)
    for notice_id in (create, delete):
        pause(notice_id)
    if first_has_failed:
        failed = {"status": "failed", "next_attempt_at": None, "send_at": None}
        Notification.update(failed).where(Notification.id == create).execute()
    before = stored()
    with pytest.raises(Conflict, match=f"Retry notice {create} first"):
        row(delete).retry(by=root.as_actor())
    assert stored() == before
    row(create).retry(by=root.as_actor())
    deliver(create)
    assert is_free(delete)
    deliver(delete)
    assert [each.notice["action"] for each in counter.received] == ["create", "delete"]


def test_a_retry_while_workers_look_makes_no_second_delivery(
    alice: Person, root: Person, counter: CounterServer
) -> None:
    print(f"seed {(seed := random.randrange(2**32))}")
    order, actor = random.Random(seed), root.as_actor()
    for number in range(1, 21):
        notice_id = created(alice)
        pause(notice_id)
        race(notice_id, actor, order)
        deliver(notice_id)
        assert (row(notice_id).status, len(counter.received)) == ("delivered", number)
