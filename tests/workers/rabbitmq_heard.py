"""Messages that tests send over RabbitMQ, and what comes of them."""

import time
from queue import SimpleQueue

from models.errors import Unavailable
from models.task_kinds import Kind
from workers.sending import send

# In seconds, of each call that sends: it leaves a message with a thread. Whoever waited for RabbitMQ would take longer.
AT_ONE_GO = 0.4
Heard = SimpleQueue[tuple[str, float]]


def are_heard(heard: Heard, *ids: str) -> bool:
    """Whether these come, whatever else does."""
    missing = set(ids)
    while missing:
        missing.discard(heard.get(timeout=5)[0])
    return True


def is_sent(*task_ids: str) -> bool:
    """Whether messages could be left to be sent, which takes no time to say."""
    began = time.monotonic()
    try:
        send([(Kind.DELAY, each) for each in task_ids])
    except Unavailable:
        return False
    finally:
        assert time.monotonic() - began < AT_ONE_GO
    return True
