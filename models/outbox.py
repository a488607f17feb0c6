"""Tells workers what there is to do: hints that may get lost, arrive late or twice, since each row says it too."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import chain

import logs
from models.errors import Unavailable
from models.group_commit import GroupCommitDatabase
from models.stores import Message, database, opened
from models.turns import follow

# What nobody has begun by then is sent once more.
SENT_AGAIN_AFTER = timedelta(seconds=5)


def send(messages: Sequence[Message]) -> None:
    """Send the kind and the id of each row on which there is something to do."""
    if not messages:
        return
    try:
        opened.send(messages)
    except Unavailable:
        # Nothing is lost: the rows have it, and it is sent again.
        logs.warning("workers not told", rows=messages)


def send_after_commit(messages: Sequence[Message]) -> None:
    """Send them when the transaction that is under way is kept, with those of all that are kept by the same commit."""
    if isinstance(database.obj, GroupCommitDatabase):
        database.obj.after_shared_commit(_send_all, messages)
    else:
        database.after_commit(lambda: follow(_send_all, [messages]))


def _send_all(some: list[Sequence[Message]]) -> None:
    send(list(chain.from_iterable(some)))
