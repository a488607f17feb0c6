"""Messages over RabbitMQ reach idle workers at once, and none is spoken of that is another's."""

# mypy: allow-untyped-calls

import time
from functools import partial

from dramatiq import Worker

from models.task_kinds import Kind
from tests.marks import on_sqlite
from tests.services.processes import wait_until
from tests.services.rabbitmq import RabbitMQ
from tests.workers.rabbitmq_heard import Heard, are_heard, is_sent
from workers import sending
from workers.at_once import AT_ONCE
from workers.rabbitmq_broker import RabbitBroker
from workers.sending import QUEUES, send

QUEUE = QUEUES[Kind.DELAY]
pytestmark = on_sqlite  # which has no part in it


def test_an_idle_worker_wakes_at_once(rabbitmq_worker: Worker, heard: Heard) -> None:
    waits = []
    send([(Kind.DELAY, "first")])
    heard.get(timeout=5)
    for number in range(20):
        time.sleep(0.02)
        sent_at = time.monotonic()
        send([(Kind.DELAY, str(number))])
        task_id, at = heard.get(timeout=5)
        assert task_id == str(number)
        waits.append(at - sent_at)
    print(f"{sorted(waits)[10] * 1000:.1f} ms")
    assert sorted(waits)[10] < 0.05


def test_nothing_is_lost_of_many(rabbitmq_worker: Worker, heard: Heard) -> None:
    for number in range(0, 900, 3):
        # A busy machine may take more than half a second for one, and refuses the next.
        wait_until(partial(is_sent, *map(str, range(number, number + 3))), what="sent")
    assert {heard.get(timeout=10)[0] for _ in range(900)} == {str(number) for number in range(900)}


def test_a_queue_that_was_deleted_is_made_again(rabbitmq_worker: Worker, rabbitmq: RabbitMQ, heard: Heard) -> None:
    send([(Kind.DELAY, "before")])
    assert are_heard(heard, "before")
    rabbitmq.forget()
    wait_until(lambda: is_sent("after") and not heard.empty(), every=0.1, what="a message that arrives")


def test_of_notices_a_process_takes_no_more_at_once_than_it_is_to(rabbitmq: RabbitMQ) -> None:
    (notices, most) = next(iter(AT_ONCE.items()))
    broker = RabbitBroker(rabbitmq.url, [])
    send([("notice", number) for number in range(most + 5)])
    sending.finish()
    consumer = broker.consume(notices, prefetch=16, timeout=200)
    taken = [next(consumer) for _ in range(most)]
    assert all(taken)
    assert next(consumer) is None
    consumer.ack(taken[0])
    assert next(consumer) is not None
    consumer.close()


def test_of_what_came_over_a_connection_before_nothing_is_said_over_this_one(rabbitmq: RabbitMQ) -> None:
    """Its number may be another's there; and all that was open comes again."""
    broker = RabbitBroker(rabbitmq.url, [])
    send([(Kind.DELAY, "1")])
    sending.finish()
    before = broker.consume(QUEUE, prefetch=1, timeout=1000)
    old = next(before)
    before.close()
    consumer = broker.consume(QUEUE, prefetch=1, timeout=1000)
    new = next(consumer)
    assert (old.args, old._tag) == (new.args, new._tag)
    consumer.ack(old)
    consumer.nack(old)
    assert next(consumer) is None
    consumer.close()
    wait_until(lambda: rabbitmq.number(Kind.DELAY) == 1, seconds=1, what="that it is there for others")
