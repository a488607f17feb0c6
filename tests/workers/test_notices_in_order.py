"""Of each defect the counter server hears in order: a create that has not arrived holds the delete."""

from datetime import UTC, datetime, timedelta

from models.notification import Notification
from models.notification.row import LEASE
from tests.people import Person
from tests.services.counter import CounterServer, answers, in_turn
from tests.workers.notice_rows import claimed, created, created_and_deleted, due, is_free, row
from workers.notices import deliver

PAST = timedelta(seconds=-1)


def give_up(*notice_ids: int) -> None:
    """Have three days be over."""
    over = {"give_up_at": datetime.now(UTC) + PAST, "next_attempt_at": datetime.now(UTC) + PAST}
    Notification.update(over).where(Notification.id.in_(notice_ids)).execute()


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


def test_a_delete_that_has_slept_enough_sleeps_on_while_its_create_is_tried(
    alice: Person, counter: CounterServer
) -> None:
    create, delete = created_and_deleted(alice)
    begun = claimed(create)
    give_up(delete)
    deliver(delete)
    asleep = row(delete)
    assert (asleep.status, is_free(delete)) == ("pending", False), "it looks again, and not all the time"
    assert asleep.next_attempt_at == asleep.send_at <= datetime.now(UTC) + LEASE
    begun.confirm()
    deliver(delete)
    assert row(delete).status == "delivered"


def test_a_create_that_arrives_twice_doesn_t_hurry_its_delete(alice: Person, counter: CounterServer) -> None:
    counter.behaves = answers(429, Retry_After="3600")
    create, delete = created_and_deleted(alice)
    late, current = claimed(create), claimed(due(create))
    current.confirm()
    deliver(delete)
    resting = row(delete).__data__
    late.confirm()
    assert row(delete).__data__ == resting
