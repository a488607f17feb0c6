"""Redis in one round trip: a connection a thread, short timeouts, and a second's silence after a failure."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from models.errors import Unavailable
from models.redis_line import TIMEOUT, Line

SILENCE = 1.0
LISTENS_FOR = 5.0

NO_WAITING: dict[str, Any] = {
    "socket_timeout": TIMEOUT,
    "socket_connect_timeout": TIMEOUT,
    "retry": Retry(NoBackoff(), 0),
}


class RedisLink:
    """Sends commands over this thread's own connection.

    Every failure is `Unavailable`; after one, all threads fail at once for a second, then one of them tries again.
    """

    def __init__(self, url: str) -> None:
        self._pool = redis.ConnectionPool.from_url(url, decode_responses=True, **NO_WAITING)
        # Whatever the address asks for: with another, Redis may say what it was not asked.
        self._pool.connection_kwargs["protocol"] = 2
        self._thread = threading.local()
        self._silent_until = 0.0

    def run(self, *command: Any) -> Any:
        """Send one command and return its reply."""
        return self.run_all(command)[0]

    def run_all(self, *commands: tuple[Any, ...]) -> list[Any]:
        """Send several commands in one round trip and return their replies in order."""
        with self.watched():
            try:
                return self._exchange(commands)
            except redis.TimeoutError:
                raise
            except redis.ConnectionError:
                # A kept connection dies with its server; all we send can be sent twice.
                return self._exchange(commands)

    def heard(self, channel: str, *, begun: Callable[[], None]) -> Iterator[str]:
        """What is published on a channel once *begun* was called, over a connection of its own.

        Raises Unavailable when that breaks.
        """
        try:
            client: Any = redis.Redis(connection_pool=self._pool)
            with client.pubsub() as listening:
                listening.subscribe(channel)
                while True:
                    message = listening.get_message(timeout=LISTENS_FOR)
                    if message is None:
                        continue
                    if message["type"] == "message":
                        yield message["data"]
                    else:
                        begun()
        except redis.RedisError as error:
            raise Unavailable from error

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Turn a failure of Redis inside into `Unavailable`, and a recent one into it at once."""
        now = time.monotonic()
        if self._silent_until:
            if now < self._silent_until:
                raise Unavailable
            # Others keep failing fast while this thread finds out whether Redis is back.
            self._silent_until = now + SILENCE
        try:
            yield
        except redis.ResponseError as error:
            # It is there, and refuses: read-only, out of memory, out of disk.
            self._silent_until = 0.0
            raise Unavailable from error
        except redis.RedisError as error:
            self._silent_until = time.monotonic() + SILENCE
            raise Unavailable from error
        except BaseException:
            # Not Redis's: what was asked of it was answered.
            self._silent_until = 0.0
            raise
        self._silent_until = 0.0

    def _exchange(self, commands: tuple[tuple[Any, ...], ...]) -> list[Any]:
        line = getattr(self._thread, "line", None)
        if line is None:
            line = self._thread.line = Line(self._pool)
        try:
            replies = line.exchange(commands)
            for reply in replies:
                if isinstance(reply, redis.ResponseError):
                    raise reply
        except BaseException:
            # Replies still on their way must never be read as answers to the next command. And where Redis refuses,
            # another may serve at its address by now.
            self._thread.line = None
            line.close()
            raise
        return replies
