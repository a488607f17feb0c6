"""Redis in one round trip, for many threads at once; short timeouts, and a second's silence after a failure."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import hiredis
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

import logs
from models.errors import Unavailable
from models.redis_line import Line
from models.rounds import Rounds

# In seconds. A Redis that is well takes up to 0.29 s where disk and processors have more than enough to do.
TIMEOUT = 0.5
SILENCE = 1.0
LISTENS_FOR = 5.0

NO_WAITING: dict[str, Any] = {
    "socket_timeout": TIMEOUT,
    "socket_connect_timeout": TIMEOUT,
    "retry": Retry(NoBackoff(), 0),
}


class RedisLink:
    """Sends commands over one connection, those of threads that come at the same time together.

    Every failure is `Unavailable`; after one, all threads fail at once for a second, then one of them tries again.
    """

    def __init__(self, url: str) -> None:
        self._pool = redis.ConnectionPool.from_url(url, decode_responses=True, **NO_WAITING)
        # Whatever the address asks for: with another, Redis may say what it was not asked.
        self._pool.connection_kwargs["protocol"] = 2
        self._line: Line | None = None
        self._rounds = Rounds(self._ask_all)
        self._silent_until = 0.0

    def run(self, *command: Any) -> Any:
        """Send one command and return its reply."""
        return self.run_all(command)[0]

    def run_all(self, *commands: tuple[Any, ...]) -> list[Any]:
        """Send several commands in one round trip and return their replies in order."""
        with self.watched():
            packed = b"".join([hiredis.pack_command(each) for each in commands])
            replies = self._rounds.ask((packed, len(commands)))
            for reply in replies:
                if isinstance(reply, redis.ResponseError):
                    raise reply
            return replies

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
            raise _told_of(error) from error
        except redis.RedisError as error:
            self._silent_until = time.monotonic() + SILENCE
            raise _told_of(error) from error
        except BaseException:
            # Not Redis's: what was asked of it was answered.
            self._silent_until = 0.0
            raise
        self._silent_until = 0.0

    def _ask_all(self, asked: list[tuple[bytes, int]]) -> list[list[Any]]:
        packed, number = b"".join([commands for commands, _ in asked]), sum([count for _, count in asked])
        try:
            replies = iter(self._exchange(packed, number))
        except redis.TimeoutError:
            raise
        except redis.ConnectionError:
            # A kept connection dies with its server; all we send can be sent twice.
            replies = iter(self._exchange(packed, number))
        return [list(islice(replies, count)) for _, count in asked]

    def _exchange(self, packed: bytes, number: int) -> list[Any]:
        line = self._line = self._line or Line(self._pool)
        refused = True
        try:
            replies = line.exchange(packed, number)
            refused = any([isinstance(reply, redis.ResponseError) for reply in replies])
        finally:
            # Replies still on their way must never be read as answers to the next command. And where Redis refuses,
            # another may serve at its address by now.
            if refused:
                self._line = None
                line.close()
        return replies


def _told_of(error: redis.RedisError) -> Unavailable:
    # Once for each failure, and not for those that follow within its silence.
    logs.warning("Redis fault", fault=type(error).__name__)
    return Unavailable()
