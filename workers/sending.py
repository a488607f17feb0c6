"""How workers are told what there is to do: a message with a row's id, in the queue of its kind."""

import uuid
from typing import Any

import dramatiq

from models.notification_document import NOTICE
from models.stores import opened
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


def send(kind: str, row_id: str | int) -> None:
    """Send a message and wake whoever waits for one, in one round trip; Unavailable if Redis is away.

    Writes what the script behind Dramatiq's own `enqueue` does: that would have each server counted among the
    workers, and look for dead ones with every message.
    """
    queue, message_id = QUEUES[kind], str(uuid.uuid4())
    message: dramatiq.Message[Any] = dramatiq.Message(
        queue_name=queue,
        actor_name=ACTORS[kind],
        args=(row_id,),
        kwargs={},
        options={"redis_message_id": message_id},
        message_id=message_id,
    )
    key, tokens = f"{NAMESPACE}:{queue}", wake_key(NAMESPACE, queue)
    opened.redis.run_all(
        ("MULTI",),
        ("HSET", f"{key}.msgs", message_id, message.encode()),
        ("RPUSH", key, message_id),
        ("LPUSH", tokens, 1),
        ("LTRIM", tokens, 0, MOST_TOKENS - 1),
        ("EXEC",),
    )


def room_in_queue(kind: str) -> int:
    """How many messages more there should be of a kind at most."""
    waiting: int = opened.redis.run("LLEN", f"{NAMESPACE}:{QUEUES[kind]}")
    return max(0, FULL - waiting)
