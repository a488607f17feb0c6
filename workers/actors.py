"""Every actor, behind the broker they belong to: what `dramatiq workers.actors` runs."""

# The broker must be set before an actor is made.
from workers import broker  # noqa: F401 isort:skip
from workers.ping import ping

__all__ = ["ping"]
