"""How many messages of a queue a process takes at once, whichever broker has them."""

# Of a queue whose work is to wait for somebody else's server, a process takes no more at once than this, so that it has
# threads for the others whatever that server does.
AT_ONCE = {"notices": 4}


def at_once(queue: str, prefetch: int) -> int:
    """As many as Dramatiq would take, or as few as it is to take."""
    return min(prefetch, AT_ONCE.get(queue, prefetch))
