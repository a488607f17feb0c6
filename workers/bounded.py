"""Connections that are over in time, and answers that are no longer than wanted, whatever the other side does."""

import io
import socket
import threading
import time
from contextlib import suppress
from http.client import HTTPResponse, RemoteDisconnected
from types import TracebackType
from typing import Any, Self

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

# In bytes, headers and all.
LARGEST_ANSWER = 64 * 1024

_this_thread = threading.local()


class Deadline:
    """Cuts this thread's connection off when the time is over: each byte that comes gives a read its time anew."""

    def __init__(self, seconds: float, *, each: float) -> None:
        """With *each* for the connection to one address."""
        self.is_over = False
        self._each, self._ends_at = each, time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        _this_thread.deadline = self
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()
        del _this_thread.deadline
        if self._socket is not None:
            self._socket.close()

    def connect(self, address: Any, family: int) -> socket.socket:
        """Connect within the time, and be cut off with it."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connecting = socket.socket(family)
        try:
            connecting.settimeout(min(left, self._each))
            # Header and body are sent one after the other; neither should wait for a word from there.
            connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connecting.connect(address)
            self._watch(connecting)
        except BaseException:
            connecting.close()
            raise
        return connecting

    def _watch(self, connected: socket.socket) -> None:
        # TLS takes the socket itself away, so a copy is kept.
        self._socket = connected.dup()
        if self.is_over:
            self._cut()

    def _cut(self) -> None:
        self.is_over = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class _Limited(io.RawIOBase):
    """What a socket receives, headers and all, until it is too much: as if the other side had closed there."""

    def __init__(self, connected: socket.socket) -> None:
        self.is_over = False
        self._received = connected.makefile("rb", buffering=0)
        self._left = LARGEST_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        number = self._received.readinto(memoryview(buffer)[: self._left]) if self._left else 0
        self._left -= number or 0
        self.is_over = number == 0
        return number

    def close(self) -> None:
        self._received.close()
        super().close()


class _FinalAnswer(HTTPResponse):
    """Of an answer the last and the whole of its header.

    http.client takes any status but 100 for the last, and half a header for all of it where the other side closes.
    """

    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.fp.close()
        self._received = _Limited(sock)
        self.fp = io.BufferedReader(self._received)

    def begin(self) -> None:
        super().begin()
        if self._received.is_over:
            raise RemoteDisconnected("The header has no end.")

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]
        return version, 100 if 100 < status < 200 and status != 101 else status, reason


class _Watched(HTTPConnection):
    """Tries one address after the other within the time of all; urllib3 gives each the whole of it."""

    response_class = _FinalAnswer

    def _new_conn(self) -> socket.socket:
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NameResolutionError(self.host, self, error) from error  # type: ignore[arg-type]
        fault = OSError()
        for family, *_, address in found:
            try:
                return _this_thread.deadline.connect(address, family)  # type: ignore[no-any-return]
            except OSError as error:
                fault = error
        if isinstance(fault, TimeoutError):
            raise ConnectTimeoutError(self, "no address answered in time")
        raise NewConnectionError(self, "no address could be connected to") from fault


class _Secure(_Watched, HTTPSConnection):
    """The same under TLS."""


class PlainPool(HTTPConnectionPool):
    """For http://."""

    ConnectionCls = _Watched


class SecurePool(HTTPSConnectionPool):
    """For https://."""

    ConnectionCls = _Secure
