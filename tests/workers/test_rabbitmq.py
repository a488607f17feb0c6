"""Messages over RabbitMQ: they reach idle workers at once, and nobody who sends waits for it, whatever it does."""

# mypy: allow-untyped-calls

import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from queue import SimpleQueue

import dramatiq
import pytest
from dramatiq import Worker
from dramatiq.errors import ConnectionClosed

from models import outbox
from models.errors import Unavailable
from models.stores import opened
from models.task_kinds import Kind
from tests.marks import on_sqlite
from tests.services.brokers import one_rabbitmq
from tests.services.processes import wait_until
from tests.services.rabbitmq import RabbitMQ
from workers import rabbitmq_line, sending
from workers.at_once import AT_ONCE
from workers.rabbitmq_broker import RabbitBroker
from workers.sending import FULL, QUEUES, RUN_TASK, room_in_queue, send

QUEUE = QUEUES[Kind.DELAY]
pytestmark = on_sqlite  # which has no part in it
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


def are_heard(heard: SimpleQueue[tuple[str, float]], *ids: str) -> bool:
    """Whether these come, whatever else does."""
    missing = set(ids)
    while missing:
        missing.discard(heard.get(timeout=5)[0])
    return True


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


def test_nothing_is_lost_of_many(worker: Worker, heard: SimpleQueue[tuple[str, float]]) -> None:
    for number in range(0, 900, 3):
        send([(Kind.DELAY, str(each)) for each in range(number, number + 3)])
    assert {heard.get(timeout=10)[0] for _ in range(900)} == {str(number) for number in range(900)}


def test_a_queue_says_how_many_more_it_takes(rabbitmq: RabbitMQ) -> None:
    send([(Kind.JAVASCRIPT, str(number)) for number in range(200)])
    # It says so before it has counted what came at the same moment.
    wait_until(lambda: room_in_queue(Kind.JAVASCRIPT) == FULL - 200, seconds=2, what="all counted")
    assert room_in_queue(Kind.DELAY) == FULL


def test_what_was_sent_last_is_sent_before_a_process_ends(rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch) -> None:
    send([(Kind.DELAY, "1")])
    sending.finish()
    monkeypatch.setattr(rabbitmq_line.Line, "_run_errands", None)  # what is not sent by now never is
    wait_until(lambda: rabbitmq.number(Kind.DELAY) == 1, seconds=1, what="the message")


def test_a_queue_that_was_deleted_is_made_again(
    worker: Worker, rabbitmq: RabbitMQ, heard: SimpleQueue[tuple[str, float]]
) -> None:
    send([(Kind.DELAY, "before")])
    assert are_heard(heard, "before")
    rabbitmq.forget()
    wait_until(lambda: is_sent("after") and not heard.empty(), every=0.1, what="a message that arrives")


def test_a_rabbitmq_that_hangs_keeps_nobody_and_goes_on_at_once(
    worker: Worker, rabbitmq: RabbitMQ, heard: SimpleQueue[tuple[str, float]]
) -> None:
    assert is_sent("before")
    assert are_heard(heard, "before")
    rabbitmq.signal(signal.SIGSTOP)
    try:
        assert is_sent("nobody can know yet")
        time.sleep(rabbitmq_line.PATIENCE + 0.1)
        assert not any(is_sent("while it hangs") for _ in range(100))
        with pytest.raises(Unavailable):
            room_in_queue(Kind.DELAY)
    finally:
        rabbitmq.signal(signal.SIGCONT)
    wait_until(lambda: is_sent("after"), seconds=1, what="usual speed")
    assert are_heard(heard, "nobody can know yet", "after")


def test_a_rabbitmq_that_hangs_while_it_is_connected_to_is_a_fault_like_others(
    rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("workers.rabbitmq.CONNECTED_WITHIN", 0.3)
    rabbitmq.signal(signal.SIGSTOP)
    try:
        assert is_sent("nobody can know yet")
        with pytest.raises(ConnectionClosed):
            RabbitBroker(rabbitmq.url, []).consume(QUEUE)
        wait_until(lambda: not is_sent("it does not answer"), seconds=1, what="that it is known to hang")
    finally:
        rabbitmq.signal(signal.SIGCONT)
    wait_until(lambda: is_sent("after"), seconds=rabbitmq_line.SILENCE + 0.5, what="usual speed")
    said = capfd.readouterr().out
    assert '"event":"RabbitMQ fault"' in said
    assert '"level":"error"' not in said


def test_a_rabbitmq_whose_memory_is_short_keeps_nobody_and_goes_on_at_once(
    worker: Worker, rabbitmq: RabbitMQ, heard: SimpleQueue[tuple[str, float]]
) -> None:
    alarm = "{resource_limit, memory, node()}"
    assert is_sent("before")
    rabbitmq.run(f"rabbit_alarm:set_alarm({{{alarm}, []}}).")
    try:
        assert is_sent("nobody can know yet")
        time.sleep(rabbitmq_line.PATIENCE + 0.1)
        assert not any(is_sent("while it takes nothing") for _ in range(100))
    finally:
        rabbitmq.run(f"rabbit_alarm:clear_alarm({alarm}).")
    wait_until(lambda: is_sent("after"), seconds=1, what="usual speed")
    assert are_heard(heard, "before", "nobody can know yet", "after")


def test_of_a_rabbitmq_that_died_is_said_who_was_not_told_and_one_without_anything_serves_as_well(
    worker: Worker,
    rabbitmq: RabbitMQ,
    heard: SimpleQueue[tuple[str, float]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert is_sent("before")
    assert are_heard(heard, "before")
    rabbitmq.signal(signal.SIGSTOP)
    assert is_sent("left with the thread")
    rabbitmq.signal(signal.SIGKILL)
    try:
        wait_until(lambda: not is_sent("away"), seconds=1, what="that it is known to be away")
        outbox.send([(Kind.DELAY, "refused")])
        with pytest.raises(Unavailable):
            room_in_queue(Kind.DELAY)
        wait_until(lambda: "left with the thread" in capfd.readouterr().out, what="a line about it")
        capfd.readouterr()
        outbox.send([(Kind.DELAY, "refused")])
        said = capfd.readouterr().out
        assert '"event":"workers not told"' in said
        assert '[["delay","refused"]]' in said
    finally:
        rabbitmq.empty()
    wait_until(lambda: is_sent("after"), seconds=rabbitmq_line.SILENCE + 0.5, what="usual speed")
    assert are_heard(heard, "after")


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
