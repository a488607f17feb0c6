"""The counter server of tests of notices, what workers are told of them, and a RabbitMQ with a worker."""

import time
from collections.abc import Iterator
from dataclasses import replace
from queue import SimpleQueue
from typing import Any

import dramatiq
import pytest
from dramatiq import Worker

from models.stores import opened
from models.task_kinds import Kind
from tests.services.brokers import one_rabbitmq
from tests.services.counter import CounterServer, named
from tests.services.rabbitmq import RabbitMQ
from tests.workers.rabbitmq_heard import Heard
from workers import sending
from workers.rabbitmq_broker import RabbitBroker
from workers.sending import QUEUES, RUN_TASK


@pytest.fixture
def counter(app: Any) -> Iterator[CounterServer]:
    """A counter server, which is the one that is told."""
    with CounterServer() as server, named(server.url):
        yield server


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, app: Any) -> list[int]:
    """The ids that workers are told."""
    told: list[int] = []
    monkeypatch.setattr(opened, "send", lambda sent: told.extend(notice_id for _, notice_id in sent))
    return told


@pytest.fixture
def rabbitmq(stores: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[RabbitMQ]:
    """With nothing in it, and told of what is to do."""
    server = one_rabbitmq()
    server.forget()
    monkeypatch.setattr(opened, "settings", replace(opened.settings, broker_url=server.url))
    monkeypatch.setattr(sending, "_lines", {})
    yield server


@pytest.fixture
def heard() -> Heard:
    """What the actor was called with, and when."""
    return SimpleQueue()


@pytest.fixture
def rabbitmq_worker(rabbitmq: RabbitMQ, heard: Heard) -> Iterator[Worker]:
    broker = RabbitBroker(rabbitmq.url, [])
    broker.declare_queue(QUEUES[Kind.DELAY])

    @dramatiq.actor(actor_name=RUN_TASK, queue_name=QUEUES[Kind.DELAY], broker=broker)
    def hear(task_id: str) -> None:
        heard.put((task_id, time.monotonic()))

    worker = Worker(broker, worker_threads=2, worker_timeout=50)
    worker.start()
    yield worker
    worker.stop()
    broker.close()
