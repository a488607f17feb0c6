"""How workers are told what there is to do: a message with a row's id, in the queue of its kind."""

import os
import threading
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import dramatiq
import msgspec

from ids import time_ordered_id
from models.notification_document import NOTICE
from models.stores import Message, opened
from models.task_kinds import Kind
from workers.redis_broker import NAMESPACE, wake_key

if TYPE_CHECKING:
    from workers.rabbitmq_line import Line

RUN_TASK, DELIVER = "run_task", "deliver_notice"
ACTORS: dict[str, str] = {Kind.DELAY: RUN_TASK, Kind.JAVASCRIPT: RUN_TASK, NOTICE: DELIVER}
# JavaScript has workers of its own, whose threads nothing else waits for.
QUEUES: dict[str, str] = {Kind.DELAY: "tasks", Kind.JAVASCRIPT: "javascript", NOTICE: "notices"}
# With more in a queue than this, nothing is sent again: whoever works through it has enough to do.
FULL = 1000
# More tokens than consumers that may sleep are of no use.
MOST_TOKENS = 64

_making = threading.Lock()
_lines: dict[tuple[str | None, int], "Line"] = {}


def send(messages: Sequence[Message]) -> None:
    """Send the kind and the id of each row, and wake whoever waits for one; Unavailable if the broker is away."""
    if opened.settings.broker_url is None:
        _send_by_redis(messages)
    else:
        bodies = [(QUEUES[kind], _encoded(kind, row_id, time_ordered_id())) for kind, row_id in messages]
        _line().send(bodies, rows=messages)


def room_in_queue(kind: str) -> int:
    """How many messages more there should be of a kind at most; Unavailable if the broker is away."""
    if opened.settings.broker_url is None:
        waiting: int = opened.redis.run("LLEN", f"{NAMESPACE}:{QUEUES[kind]}")
    else:
        waiting = _line().number_in(QUEUES[kind])
    return max(0, FULL - waiting)


def finish() -> None:
    """Have all that was left to be sent on its way, before this process ends."""
    if line := _lines.get((opened.settings.broker_url, os.getpid())):
        line.finish()


def _send_by_redis(messages: Sequence[Message]) -> None:
    """All go in one round trip.

    Writes what the script behind Dramatiq's own `enqueue` does: that would have each server counted among the workers,
    and look for dead ones with every message.
    """
    by_queue: dict[str, dict[str, bytes]] = {}
    for kind, row_id in messages:
        message_id = time_ordered_id()
        encoded = _encoded(kind, row_id, message_id, redis_message_id=message_id)
        by_queue.setdefault(QUEUES[kind], {})[message_id] = encoded
    commands = chain.from_iterable(_commands(queue, encoded_by_id) for queue, encoded_by_id in by_queue.items())
    opened.redis.run_all(("MULTI",), *commands, ("EXEC",))


def _commands(queue: str, encoded_by_id: dict[str, bytes]) -> Iterator[tuple[Any, ...]]:
    key, tokens = f"{NAMESPACE}:{queue}", wake_key(NAMESPACE, queue)
    yield "HSET", f"{key}.msgs", *chain.from_iterable(encoded_by_id.items())
    yield "RPUSH", key, *encoded_by_id
    yield "LPUSH", tokens, *[1] * min(len(encoded_by_id), MOST_TOKENS)
    yield "LTRIM", tokens, 0, MOST_TOKENS - 1


def _line() -> "Line":
    url = opened.settings.broker_url
    # A process that was forked has none of the threads of the one before.
    whose = (url, os.getpid())
    with _making:
        if whose not in _lines:
            # Who does without it is spared pika, its 2.5 MB and 11 ms.
            from workers.rabbitmq_line import Line

            _lines[whose] = Line(str(url))
        return _lines[whose]


def _encoded(kind: str, row_id: str | int, message_id: str, **options: str) -> bytes:
    message: dramatiq.Message[Any] = dramatiq.Message(
        queue_name=QUEUES[kind],
        actor_name=ACTORS[kind],
        args=(row_id,),
        kwargs={},
        options=options,
        message_id=message_id,
    )
    # As Dramatiq does, in a tenth of the time.
    return msgspec.json.encode(message)
