"""How workers are told of a task: a message with its id, in the queue of its type."""

from typing import Any

import dramatiq

from models.redis_link import NO_WAITING
from models.stores import opened
from models.task_kinds import Kind
from settings import Settings
from workers.broker import WakingBroker, make_broker

ACTOR = "run_task"
# JavaScript has workers of its own, whose threads nothing else waits for.
QUEUES = {Kind.DELAY: "tasks", Kind.JAVASCRIPT: "javascript"}
# With more in a queue than this, nothing is sent again: whoever works through it has enough to do.
FULL = 1000


class Sender:
    """Sends messages without waiting for a Redis that is away: `Unavailable` then."""

    def __init__(self, settings: Settings) -> None:
        self._broker: WakingBroker = make_broker(settings, [], **NO_WAITING)

    def __call__(self, kind: str, task_id: str) -> None:
        message: dramatiq.Message[Any] = dramatiq.Message(
            queue_name=QUEUES[Kind(kind)], actor_name=ACTOR, args=(task_id,), kwargs={}, options={}
        )
        with opened.redis.watched():
            self._broker.enqueue(message)


def room_in_queue(kind: Kind) -> int:
    """How many messages more there should be for a type at most."""
    waiting: int = opened.redis.run("LLEN", f"dramatiq:{QUEUES[kind]}")
    return max(0, FULL - waiting)
