"""Dramatiq over our Redis: dead workers' messages come back in seconds, and idle workers wake at once."""

# mypy: allow-untyped-calls

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.errors import ConnectionClosed
from redis.backoff import NoBackoff
from redis.retry import Retry

from settings import Settings
from workers.at_once import at_once

# In seconds. An idle consumer blocks for so long at most, and a Redis that says nothing for so long is given up.
BLOCKS_FOR = 1
GIVES_UP_AFTER = 5
NAMESPACE = "dramatiq"


class WakingConsumer(_RedisConsumer):
    """Sleeps on a list that whoever sends pushes to; Dramatiq 2.2's own looks, and then sleeps longer and longer.

    A token may get lost, or wake somebody for nothing: every second the queue itself is looked at.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._acknowledged = threading.Event()

    def __next__(self) -> Any:
        if not self.message_cache:
            room = self.prefetch - self.outstanding_message_count
            if room <= 0:
                self._acknowledged.wait(BLOCKS_FOR)
                self._acknowledged.clear()
                return None
            try:
                self.message_cache = self._fetch(room)
            except redis.RedisError as error:
                raise ConnectionClosed(error) from None
            if not self.message_cache:
                return None
        return super().__next__()

    def ack(self, message: Any) -> None:
        with self._told_of_faults():
            super().ack(message)

    def nack(self, message: Any) -> None:
        with self._told_of_faults():
            super().nack(message)

    @contextmanager
    def _told_of_faults(self) -> Iterator[None]:
        """Have Dramatiq try again where Redis says nothing, too: of its own accord it does so where Redis hangs up."""
        try:
            yield
        except redis.RedisError as error:
            raise ConnectionClosed(error) from None
        finally:
            self._acknowledged.set()

    def _fetch(self, number: int) -> Any:
        found = self.broker.do_fetch(self.queue_name, number)
        if not found:
            self.broker.client.blpop([wake_key(self.broker.namespace, self.queue_name)], timeout=BLOCKS_FOR)
        return found


class WakingBroker(RedisBroker):
    """Has consumers that whoever sends a message wakes."""

    @property
    def consumer_class(self) -> type[WakingConsumer]:
        return WakingConsumer

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Any:
        return super().consume(queue_name, at_once(queue_name, prefetch), timeout)


def wake_key(namespace: str, queue: str) -> str:
    """The list that a queue's consumers sleep on."""
    return f"{namespace}:{queue}.wake"


def redis_broker(settings: Settings, middleware: list[Any]) -> WakingBroker:
    """Dramatiq's defaults redeliver a dead worker's message after many minutes; ours in seconds."""
    client = redis.Redis.from_url(
        settings.redis_url,
        socket_timeout=GIVES_UP_AFTER,
        socket_connect_timeout=GIVES_UP_AFTER,
        retry=Retry(NoBackoff(), 0),
    )
    return WakingBroker(
        client=client,
        namespace=NAMESPACE,
        middleware=middleware,
        maintenance_chance=1_000_000,
        heartbeat_timeout=15_000,
    )
