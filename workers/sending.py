"""How workers are told what there is to do: a message with a row's id, in the queue of its kind."""

from typing import Any

import dramatiq

from models.notification_document import NOTICE
from models.redis_link import NO_WAITING
from models.stores import opened
from models.task_kinds import Kind
from settings import Settings
from workers.broker import WakingBroker, make_broker

RUN_TASK, DELIVER = "run_task", "deliver_notice"
ACTORS: dict[str, str] = {Kind.DELAY: RUN_TASK, Kind.JAVASCRIPT: RUN_TASK, NOTICE: DELIVER}
# JavaScript has workers of its own, whose threads nothing else waits for.
QUEUES: dict[str, str] = {Kind.DELAY: "tasks", Kind.JAVASCRIPT: "javascript", NOTICE: "notices"}
# With more in a queue than this, nothing is sent again: whoever works through it has enough to do.
FULL = 1000


class Sender:
    """Sends messages without waiting for a Redis that is away: `Unavailable` then."""

    def __init__(self, settings: Settings) -> None:
        self._broker: WakingBroker = make_broker(settings, [], **NO_WAITING)

    def __call__(self, kind: str, row_id: str | int) -> None:
        message: dramatiq.Message[Any] = dramatiq.Message(
            queue_name=QUEUES[kind], actor_name=ACTORS[kind], args=(row_id,), kwargs={}, options={}
        )
        with opened.redis.watched():
            self._broker.enqueue(message)


def room_in_queue(kind: str) -> int:
    """How many messages more there should be of a kind at most."""
    waiting: int = opened.redis.run("LLEN", f"dramatiq:{QUEUES[kind]}")
    return max(0, FULL - waiting)
