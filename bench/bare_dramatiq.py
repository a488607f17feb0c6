"""Dramatiq as it comes: its own broker on our Redis, and messages that ask for nothing."""

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from settings import Settings

broker = RedisBroker(url=Settings.or_exit().redis_url, namespace="bare")  # type: ignore[no-untyped-call]
dramatiq.set_broker(broker)


@dramatiq.actor
def nothing() -> None:
    """Do nothing."""


@dramatiq.actor
def answer(key: str) -> None:
    """Do nothing, and say so to whoever waits at that key."""
    broker.client.rpush(key, 1)
