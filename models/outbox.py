"""Tells workers what there is to do: hints that may get lost, arrive late or twice, since each row says it too."""

from collections.abc import Sequence
from datetime import timedelta

import logs
from models.errors import Unavailable
from models.stores import opened

# What nobody has begun by then is sent once more.
SENT_AGAIN_AFTER = timedelta(seconds=5)


def send(messages: Sequence[tuple[str, str | int]]) -> None:
    """Send the kind and the id of each row on which there is something to do."""
    for kind, row_id in messages:
        try:
            opened.send(kind, row_id)
        except Unavailable:
            # Nothing is lost: the row has it, and it is sent again.
            logs.warning("workers not told", kind=kind, id=row_id)
            return
