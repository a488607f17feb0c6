"""An actor that does nothing but show that messages arrive."""

import time

import dramatiq

import logs


@dramatiq.actor
def ping(sent_at: float) -> None:
    """Log how long the message took; *sent_at* is in seconds since the epoch."""
    logs.info("ping", ms=round((time.time() - sent_at) * 1000, 1))
