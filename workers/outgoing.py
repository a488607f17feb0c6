"""One request to somebody else's server, over within its time whatever that server does."""

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

# In seconds: to connect, and to wait for each part of an answer; and for all of it together.
ANSWERS_WITHIN = 10
OVER_WITHIN = 15
LARGEST_ANSWER = 64 * 1024

_this_thread = threading.local()


def post(url: str, document: Any, *, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str]]:
    """Send a document as JSON; return the status and the headers of the answer.

    Redirects are not followed, cookies not kept, and of the body 64 KiB are read and thrown away. Raises
    requests.RequestException where there is no answer, requests.Timeout of it where none came in time.
    """
    own = {"User-Agent": "Aerie", "Connection": "close"}
    request = requests.Request("POST", url, json=document, headers={**headers, **own}).prepare()
    with _Deadline(OVER_WITHIN) as deadline, _Direct() as server:
        try:
            answer = server.send(request, stream=True, timeout=(ANSWERS_WITHIN, ANSWERS_WITHIN))
        except requests.ConnectionError as error:
            if deadline.is_over:
                raise requests.Timeout from error
            raise
        with answer:
            # It has answered, whether or not the rest comes.
            with suppress(HTTPError, OSError):
                answer.raw.read(LARGEST_ANSWER, decode_content=False)
            return answer.status_code, answer.headers


class _Deadline:
    """Cuts this thread's connection off when the time is over: each byte that comes gives a read its time anew."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
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

    def watch(self, connected: socket.socket) -> None:
        """Have a connection end with the time; TLS takes the socket itself away, so a copy is kept."""
        self._socket = connected.dup()
        if self.is_over:
            self._cut()

    def _cut(self) -> None:
        self.is_over = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class _Watched:
    def _new_conn(self) -> socket.socket:
        connected: socket.socket = super()._new_conn()  # type: ignore[misc]
        _this_thread.deadline.watch(connected)
        return connected


class _Plain(_Watched, HTTPConnection):
    """HTTP, watched."""


class _Secure(_Watched, HTTPSConnection):
    """HTTPS, watched."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Direct(HTTPAdapter):
    """requests without a session: no proxy or password from the environment, no redirect, no cookie, one connection."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
