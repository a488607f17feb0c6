"""Messages over RabbitMQ: they reach idle workers at once, and nobody who sends waits for it, whatever it does."""

import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from queue import SimpleQueue

import dramatiq
import pytest
from dramatiq import Worker

from models import outbox
from models.errors import Unavailable
from models.stores import opened
from models.task_kinds import Kind
from tests.services.brokers import one_rabbitmq
from tests.services.processes import wait_until
from tests.services.rabbitmq import RabbitMQ
from workers import rabbitmq_line, sending
from workers.at_once import AT_ONCE
from workers.rabbitmq_broker import RabbitBroker
from workers.sending import FULL, QUEUES, RUN_TASK, room_in_queue, send

QUEUE = QUEUES[Kind.DELAY]
# In seconds, of each call that sends: it leaves a message with a thread.
AT_ONE_GO = 0.1


@pytest.fixture
def rabbitmq(stores: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[RabbitMQ]:
    """With nothing in it, and told of what is to do."""
    server = one_rabbitmq()
    server.forget()
    monkeypatch.setattr(opened, "settings", replace(opened.settings, broker_url=server.url))
    monkeypatch.setattr(sending, "_lines", {})
    yield server


@pytest.fixture
def heard() -> SimpleQueue[tuple[str, float]]:
    """What the actor was called with, and when."""
    return SimpleQueue()


@pytest.fixture
def worker(rabbitmq: RabbitMQ, heard: SimpleQueue[tuple[str, float]]) -> Iterator[Worker]:
    broker = RabbitBroker(rabbitmq.url, [])
    broker.declare_queue(QUEUE)

    @dramatiq.actor(actor_name=RUN_TASK, queue_name=QUEUE, broker=broker)
    def hear(task_id: str) -> None:
        heard.put((task_id, time.monotonic()))

    worker = Worker(broker, worker_threads=2, worker_timeout=50)
    worker.start()
    yield worker
    worker.stop()
    broker.close()


def is_sent(task_id: str) -> bool:
    """Whether it could be, which takes at most 0.1 s to say."""
    began = time.monotonic()
    try:
        send([(Kind.DELAY, task_id)])
    except Unavailable:
        return False
    finally:
        assert time.monotonic() - began < AT_ONE_GO
    return True


def test_an_idle_worker_wakes_at_once(worker: Worker, heard: SimpleQueue[tuple[str, float]]) -> None:
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
