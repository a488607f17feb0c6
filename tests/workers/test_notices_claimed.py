"""Who delivers a notice: one at a time, and another where that one died."""

from datetime import UTC, datetime, timedelta

from models.notification import Notification
from models.notification.row import LEASE
from models.outbox import SENT_AGAIN_AFTER
from tests.people import Person
from tests.security.together import together
from tests.services.counter import CounterServer
from tests.workers.notice_rows import claimed, created, due, row
from workers.notices import deliver

PAST, FUTURE = timedelta(seconds=-1), timedelta(hours=1)


def test_nobody_begins_before_its_time(alice: Person, counter: CounterServer) -> None:
    notice_id = created(alice)
    Notification.update(next_attempt_at=datetime.now(UTC) + FUTURE).execute()
    assert Notification.claim(notice_id) is None
    Notification.update(next_attempt_at=datetime.now(UTC) + PAST).execute()
    begun = claimed(notice_id)
    assert (begun.attempts, begun.next_attempt_at) == (1, begun.last_attempt_at + LEASE)
    assert row(notice_id).__data__ == begun.__data__


def test_of_eight_who_would_deliver_it_one_does(alice: Person, counter: CounterServer) -> None:
    for _ in range(10):
        notice_id = created(alice)
        together(8, lambda _, which=notice_id: deliver(which))  # type: ignore[misc]
        assert row(notice_id).attempts == 1
    assert len(counter.received) == 10


def test_workers_are_told_of_it_at_once_and_again_until_one_begins(alice: Person, sent: list[int]) -> None:
    notice_id = created(alice)
    assert sent == [notice_id]
    assert row(notice_id).send_at == row(notice_id).next_attempt_at + SENT_AGAIN_AFTER
    assert Notification.send_again(most=10) == 0
    for times in (2, 3):
        due(notice_id)
        assert Notification.send_again(most=0) == 0
        assert sum(together(4, lambda _: Notification.send_again(most=10))) == 1
        assert sent == [notice_id] * times
    claimed(notice_id)
    assert Notification.send_again(most=10) == 0


def test_those_of_many_are_sent_once_each_the_oldest_first(alice: Person, sent: list[int]) -> None:
    """R15"""
    ids = [created(alice) for _ in range(60)]
    for age, notice_id in enumerate(ids):
        then = datetime.now(UTC) - timedelta(seconds=age + 1)
        Notification.update(send_at=then).where(Notification.id == notice_id).execute()
    sent.clear()
    assert Notification.send_again(most=2) == 2
    assert sent == [ids[-1], ids[-2]]
    while len(sent) < len(ids):
        together(4, lambda _: Notification.send_again(most=7))
    assert sorted(sent) == ids


def test_what_a_dead_worker_had_begun_is_delivered_when_it_is_believed_dead(
    alice: Person, counter: CounterServer, sent: list[int]
) -> None:
    begun = claimed(created(alice))
    sent.clear()
    deliver(begun.id)
    assert (Notification.send_again(most=10), counter.received) == (0, [])
    due(begun.id)
    assert Notification.send_again(most=10) == 1
    assert sent == [begun.id]
    deliver(begun.id)
    assert (row(begun.id).status, row(begun.id).attempts) == ("delivered", 2)
    assert [each.key for each in counter.received] == [begun.key]


def test_one_who_was_believed_dead_has_no_say_but_that_it_arrived(alice: Person) -> None:
    late = claimed(created(alice))
    current = claimed(due(late.id))
    before = row(late.id).__data__
    late.postpone("late")
    assert row(late.id).__data__ == before
    late.confirm()
    delivered = row(late.id).__data__
    assert (delivered["status"], delivered["attempts"]) == ("delivered", 2)
    current.postpone("too late")
    current.confirm()
    assert row(late.id).__data__ == delivered


def test_what_has_arrived_has_though_it_was_given_up_meanwhile(alice: Person) -> None:
    notice = claimed(created(alice))
    Notification.update(status="failed", next_attempt_at=None, send_at=None, last_error="too late").execute()
    notice.confirm()
    assert (row(notice.id).status, row(notice.id).next_attempt_at) == ("delivered", None)
    assert row(notice.id).delivered_at is not None


def test_one_who_was_believed_dead_can_t_give_it_up(alice: Person) -> None:
    late = claimed(created(alice))
    late.give_up_at = datetime.now(UTC) + PAST
    current = claimed(due(late.id))
    late.postpone("late")
    assert row(late.id).status == "pending"
    current.give_up_at = late.give_up_at
    current.postpone("in time")
    assert (row(late.id).status, row(late.id).last_error) == ("failed", "in time")
