"""How workers are told what there is to do: a message with a row's id, in the queue of its kind."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import dramatiq
import msgspec

from ids import time_ordered_id
from models.notification_document import NOTICE
from models.stores import Message, opened
from models.task_kinds import Kind
from workers.broker import NAMESPACE, wake_key

RUN_TASK, DELIVER = "run_task", "deliver_notice"
ACTORS: dict[str, str] = {Kind.DELAY: RUN_TASK, Kind.JAVASCRIPT: RUN_TASK, NOTICE: DELIVER}
# JavaScript has workers of its own, whose threads nothing else waits for.
QUEUES: dict[str, str] = {Kind.DELAY: "tasks", Kind.JAVASCRIPT: "javascript", NOTICE: "notices"}
# With more in a queue than this, nothing is sent again: whoever works through it has enough to do.
FULL = 1000
# More tokens than consumers that may sleep are of no use.
MOST_TOKENS = 64


def send(messages: Sequence[Message]) -> None:
    """Send the kind and the id of each row, and wake whoever waits for one; Unavailable if Redis is away.

    All go in one round trip. Writes what the script behind Dramatiq's own `enqueue` does: that would have
    each server counted among the workers, and look for dead ones with every message.
    """
    by_queue: dict[str, dict[str, bytes]] = {}
    for kind, row_id in messages:
        message_id, encoded = _message(kind, row_id)
        by_queue.setdefault(QUEUES[kind], {})[message_id] = encoded
    commands = chain.from_iterable(_commands(queue, encoded_by_id) for queue, encoded_by_id in by_queue.items())
    opened.redis.run_all(("MULTI",), *commands, ("EXEC",))


def _commands(queue: str, encoded_by_id: dict[str, bytes]) -> Iterator[tuple[Any, ...]]:
    key, tokens = f"{NAMESPACE}:{queue}", wake_key(NAMESPACE, queue)
    yield "HSET", f"{key}.msgs", *chain.from_iterable(encoded_by_id.items())
    yield "RPUSH", key, *encoded_by_id
    yield "LPUSH", tokens, *[1] * min(len(encoded_by_id), MOST_TOKENS)
    yield "LTRIM", tokens, 0, MOST_TOKENS - 1


def _message(kind: str, row_id: str | int) -> tuple[str, bytes]:
    message_id = time_ordered_id()
    message: dramatiq.Message[Any] = dramatiq.Message(
        queue_name=QUEUES[kind],
        actor_name=ACTORS[kind],
        args=(row_id,),
        kwargs={},
        options={"redis_message_id": message_id},
        message_id=message_id,
    )
    # As Dramatiq does, in a tenth of the time.
    return message_id, msgspec.json.encode(message)


def room_in_queue(kind: str) -> int:
    """How many messages more there should be of a kind at most."""
    waiting: int = opened.redis.run("LLEN", f"{NAMESPACE}:{QUEUES[kind]}")
    return max(0, FULL - waiting)
