"""Dramatiq as it comes: its own broker on our Redis, and messages that ask for nothing, or for one request."""

import dramatiq
import requests
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


@dramatiq.actor
def tell(url: str) -> None:
    """Send somebody's server a notice of nothing."""
    requests.post(url, json={"user": 1, "action": "create"}, timeout=10)
