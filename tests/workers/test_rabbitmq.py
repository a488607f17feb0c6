"""Nobody who sends over RabbitMQ waits for it, whatever it does, and what was sent is sent or said to be lost."""

# mypy: allow-untyped-calls

import signal
import time

import pytest
from dramatiq import Worker
from dramatiq.errors import ConnectionClosed

from models import outbox
from models.errors import Unavailable
from models.task_kinds import Kind
from tests.marks import on_sqlite
from tests.services.processes import wait_until
from tests.services.rabbitmq import RabbitMQ
from tests.workers.rabbitmq_heard import Heard, are_heard, is_sent
from workers import rabbitmq_line, sending
from workers.rabbitmq_broker import RabbitBroker
from workers.sending import FULL, QUEUES, room_in_queue, send

QUEUE = QUEUES[Kind.DELAY]
# In seconds: the thread tries each second, and a busy machine takes its time.
SOON = 5
pytestmark = on_sqlite  # which has no part in it


def test_a_queue_says_how_many_more_it_takes(rabbitmq: RabbitMQ) -> None:
    send([(Kind.JAVASCRIPT, str(number)) for number in range(200)])
    # It says so before it has counted what came at the same moment.
    wait_until(lambda: room_in_queue(Kind.JAVASCRIPT) == FULL - 200, seconds=SOON, what="all counted")
    assert room_in_queue(Kind.DELAY) == FULL


def test_what_was_sent_last_is_sent_before_a_process_ends(rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch) -> None:
    send([(Kind.DELAY, "1")])
    sending.finish()
    monkeypatch.setattr(rabbitmq_line.Line, "_run_errands", None)  # what is not sent by now never is
    wait_until(lambda: rabbitmq.number(Kind.DELAY) == 1, seconds=1, what="the message")


def test_a_rabbitmq_that_hangs_keeps_nobody_and_goes_on_at_once(
    rabbitmq_worker: Worker, rabbitmq: RabbitMQ, heard: Heard
) -> None:
    assert is_sent("before")
    assert are_heard(heard, "before")
    rabbitmq.signal(signal.SIGSTOP)
    try:
        assert is_sent("nobody can know yet")
        time.sleep(rabbitmq_line.PATIENCE + 1)
        assert not any(is_sent("while it hangs") for _ in range(100))
        with pytest.raises(Unavailable):
            room_in_queue(Kind.DELAY)
    finally:
        rabbitmq.signal(signal.SIGCONT)
    wait_until(lambda: is_sent("after"), seconds=SOON, what="usual speed")
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
        wait_until(lambda: not is_sent("it does not answer"), seconds=SOON, what="that it is known to hang")
    finally:
        rabbitmq.signal(signal.SIGCONT)
    wait_until(lambda: is_sent("after"), seconds=SOON, what="usual speed")
    said = capfd.readouterr().out
    assert '"event":"RabbitMQ fault"' in said
    assert '"level":"error"' not in said


def test_a_rabbitmq_whose_memory_is_short_keeps_nobody_and_goes_on_at_once(
    rabbitmq_worker: Worker, rabbitmq: RabbitMQ, heard: Heard, capfd: pytest.CaptureFixture[str]
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
    wait_until(lambda: is_sent("after"), seconds=SOON, what="usual speed")
    assert are_heard(heard, "before", "nobody can know yet", "after")
    assert "RabbitMQ fault" not in capfd.readouterr().out, "who hung up and came again would take more of it"


def test_of_a_rabbitmq_that_died_is_said_who_was_not_told_and_one_without_anything_serves_as_well(
    rabbitmq_worker: Worker,
    rabbitmq: RabbitMQ,
    heard: Heard,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert is_sent("before")
    assert are_heard(heard, "before")
    rabbitmq.signal(signal.SIGSTOP)
    assert is_sent("left with the thread")
    rabbitmq.signal(signal.SIGKILL)
    try:
        wait_until(lambda: "left with the thread" in capfd.readouterr().out, what="a line about it")
        assert not any(is_sent("away") for _ in range(20))
        with pytest.raises(Unavailable):
            room_in_queue(Kind.DELAY)
        capfd.readouterr()
        outbox.send([(Kind.DELAY, "refused")])
        said = capfd.readouterr().out
        assert '"event":"workers not told"' in said
        assert '[["delay","refused"]]' in said
    finally:
        rabbitmq.empty()
    wait_until(lambda: is_sent("after"), seconds=SOON, what="usual speed")
    assert are_heard(heard, "after")
