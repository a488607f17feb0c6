"""Messages reach an idle worker at once, and a token that gets lost costs a second."""

import time
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

import dramatiq
import pytest
from dramatiq import Worker

from models.errors import Unavailable
from models.stores import opened
from models.task_kinds import Kind
from tests.faults import redis_away
from workers.broker import BLOCKS_FOR, WakingBroker, make_broker, wake_key
from workers.sending import FULL, QUEUES, RUN_TASK, Sender, room_in_queue

QUEUE = QUEUES[Kind.DELAY]


@pytest.fixture
def heard(stores: None) -> SimpleQueue[tuple[str, float]]:
    """What the actor was called with, and when."""
    return SimpleQueue()


@pytest.fixture
def broker(heard: SimpleQueue[tuple[str, float]]) -> Iterator[WakingBroker]:
    broker = make_broker(opened.settings, [])
    broker.declare_queue(QUEUE)

    @dramatiq.actor(actor_name=RUN_TASK, queue_name=QUEUE, broker=broker)
    def hear(task_id: str) -> None:
        heard.put((task_id, time.monotonic()))

    worker = Worker(broker, worker_threads=2, worker_timeout=50)
    worker.start()
    yield broker
    worker.stop()
    broker.close()
    broker.client.close()


@pytest.fixture
def sender(app: Any) -> Iterator[Sender]:
    sender = Sender(opened.settings)
    yield sender
    sender._broker.client.close()


def test_an_idle_worker_wakes_at_once(
    broker: WakingBroker, sender: Sender, heard: SimpleQueue[tuple[str, float]]
) -> None:
    waits = []
    for number in range(20):
        time.sleep(0.02)
        sent_at = time.monotonic()
        sender(Kind.DELAY, str(number))
        task_id, at = heard.get(timeout=5)
        assert task_id == str(number)
        waits.append(at - sent_at)
    assert sorted(waits)[10] < BLOCKS_FOR / 4, "it does not sleep until it looks for itself"


def test_a_lost_token_costs_a_second_and_no_message(
    broker: WakingBroker, sender: Sender, heard: SimpleQueue[tuple[str, float]]
) -> None:
    time.sleep(0.1)
    message: Any = dramatiq.Message(queue_name=QUEUE, actor_name=RUN_TASK, args=("1",), kwargs={}, options={})
    super(WakingBroker, broker).enqueue(message)
    assert heard.get(timeout=BLOCKS_FOR + 2)[0] == "1"


def test_nothing_is_lost_of_many(broker: WakingBroker, sender: Sender, heard: SimpleQueue[tuple[str, float]]) -> None:
    for number in range(300):
        sender(Kind.DELAY, str(number))
    assert {heard.get(timeout=10)[0] for _ in range(300)} == {str(number) for number in range(300)}


def test_tokens_do_not_pile_up(stores: None, sender: Sender) -> None:
    for number in range(200):
        sender(Kind.JAVASCRIPT, str(number))
    assert opened.redis.run("LLEN", wake_key("dramatiq", QUEUES[Kind.JAVASCRIPT])) == 64
    assert room_in_queue(Kind.JAVASCRIPT) == FULL - 200
    assert room_in_queue(Kind.DELAY) == FULL


def test_a_redis_that_is_away_is_unavailable_at_once(app: Any, sender: Sender) -> None:
    with redis_away():
        away = Sender(opened.settings)
        away._broker.client.connection_pool.connection_kwargs["path"] = "/nowhere/redis.sock"
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(Unavailable):
                away(Kind.DELAY, "1")
        assert time.monotonic() - began < 1
