"""Messages reach an idle worker at once, and a token that gets lost costs a second."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from uuid import UUID

import dramatiq
import pytest
from dramatiq import Worker
from dramatiq.errors import ConnectionClosed

from models.errors import Unavailable
from models.stores import opened
from models.task_kinds import Kind
from tests.faults import redis_away
from tests.services.processes import wait_until
from workers.redis_broker import BLOCKS_FOR, WakingBroker, redis_broker, wake_key
from workers.sending import FULL, QUEUES, RUN_TASK, room_in_queue, send

ROOT = Path(__file__).resolve().parents[2]
QUEUE = QUEUES[Kind.DELAY]
# In seconds.
HANGS_FOR = 1


@pytest.fixture
def heard(stores: None) -> SimpleQueue[tuple[str, float]]:
    """What the actor was called with, and when."""
    return SimpleQueue()


@pytest.fixture
def broker(heard: SimpleQueue[tuple[str, float]]) -> Iterator[WakingBroker]:
    broker = redis_broker(opened.settings, [])
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


def until_idle() -> None:
    """Wait until a client of Redis is blocked, which is how a worker waits for a message."""
    wait_until(lambda: "blocked_clients:0" not in opened.redis.run("INFO", "clients"), what="a worker that waits")


def test_an_idle_worker_wakes_at_once(broker: WakingBroker, heard: SimpleQueue[tuple[str, float]]) -> None:
    waits = []
    for number in range(20):
        until_idle()
        sent_at = time.monotonic()
        send([(Kind.DELAY, str(number))])
        task_id, at = heard.get(timeout=5)
        assert task_id == str(number)
        waits.append(at - sent_at)
    assert sorted(waits)[10] < BLOCKS_FOR / 4, "it does not sleep until it looks for itself"


def test_a_lost_token_costs_a_second_and_no_message(
    broker: WakingBroker, heard: SimpleQueue[tuple[str, float]]
) -> None:
    until_idle()
    message: Any = dramatiq.Message(queue_name=QUEUE, actor_name=RUN_TASK, args=("1",), kwargs={}, options={})
    broker.enqueue(message)
    assert heard.get(timeout=BLOCKS_FOR + 2)[0] == "1"


def test_nothing_is_lost_of_many(broker: WakingBroker, heard: SimpleQueue[tuple[str, float]]) -> None:
    for number in range(300):
        send([(Kind.DELAY, str(number))])
    assert {heard.get(timeout=10)[0] for _ in range(300)} == {str(number) for number in range(300)}


@pytest.mark.parametrize("say", ["ack", "nack"])
def test_a_redis_that_hangs_when_work_is_done_is_told_again(
    stores: None, monkeypatch: pytest.MonkeyPatch, say: str
) -> None:
    """Dramatiq does so where its broker says that the connection is closed, and leaves it at an error for all else."""
    monkeypatch.setattr("workers.redis_broker.GIVES_UP_AFTER", 0.1)
    broker = redis_broker(opened.settings, [])
    send([(Kind.DELAY, "1")])
    consumer = broker.consume(QUEUE)
    message = next(consumer)
    opened.redis.run("CLIENT", "PAUSE", str(HANGS_FOR * 1000))
    with pytest.raises(ConnectionClosed):
        getattr(consumer, say)(message)
    time.sleep(HANGS_FOR)
    getattr(consumer, say)(message)
    assert opened.redis.run("HLEN", f"dramatiq:{QUEUE}.msgs") == 0
    broker.client.close()


def test_tokens_do_not_pile_up(stores: None) -> None:
    for number in range(200):
        send([(Kind.JAVASCRIPT, str(number))])
    assert opened.redis.run("LLEN", wake_key("dramatiq", QUEUES[Kind.JAVASCRIPT])) == 64
    assert room_in_queue(Kind.JAVASCRIPT) == FULL - 200
    assert room_in_queue(Kind.DELAY) == FULL


def test_a_redis_that_is_away_is_unavailable_at_once(app: Any) -> None:
    with redis_away():
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(Unavailable):
                send([(Kind.DELAY, "1")])
        assert time.monotonic() - began < 1


def test_a_message_is_kept_as_dramatiq_keeps_its_own(stores: None) -> None:
    """Whose own layout it is: what another version keeps otherwise would be lost on its way to the workers."""
    send([(Kind.DELAY, "1")])
    ours = kept()
    opened.redis.run("FLUSHDB")
    broker = redis_broker(opened.settings, [])
    message: Any = dramatiq.Message(queue_name=QUEUE, actor_name=RUN_TASK, args=("1",), kwargs={}, options={})
    broker.enqueue(message)
    broker.client.close()
    assert ours == kept()


def kept() -> dict[str, Any]:
    """What Redis has of a queue with one message, but for what each message has of its own."""
    message_id, encoded = opened.redis.run("HGETALL", f"dramatiq:{QUEUE}.msgs")
    assert opened.redis.run("LRANGE", f"dramatiq:{QUEUE}", 0, -1) == [message_id]
    message: dict[str, Any] = json.loads(encoded)
    assert message.pop("options") == {"redis_message_id": message_id}
    assert UUID(message.pop("message_id"))
    assert message.pop("message_timestamp") == pytest.approx(time.time() * 1000, abs=5000)
    return message


def test_who_does_without_rabbitmq_is_spared_pika() -> None:
    imported = (
        "import api.app, workers.process, sys; assert 'dramatiq' in sys.modules; assert 'pika' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", imported], cwd=ROOT, check=True)
