"""Messages to the actors of bare_dramatiq.py."""

from typing import Any

import dramatiq

# In seconds: what takes longer has got stuck.
LONGEST = 120


def message(actor: str, *arguments: str) -> dramatiq.Message[Any]:
    """One for an actor by name."""
    return dramatiq.Message(queue_name="default", actor_name=actor, args=arguments, kwargs={}, options={})
