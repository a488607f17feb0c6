"""What gunicorn's processes do otherwise here: how they take leave of clients, and hand over to those who follow."""

import contextlib
import errno
import gc
import logging
import mmap
import socket
import ssl
import struct
import threading
import time
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.sock import BaseSocket, ssl_context
from gunicorn.workers.gthread import TConn

import draining
import logs
from lifetime import hear_stops
from listening import let_nobody_new_in, listen_to, wait_for_those_who_connect
from models.endings import endings
from reception import take_leave
from refusing import RefusingWorker
from server.arrival import RECEIVE_TIMEOUT

# In seconds: so long a process that is to be replaced serves on, for those who follow to be there.
HANDS_OVER_WITHIN = 20
# So many objects more than there were, of those that could refer to each other; a request leaves hardly any behind.
COLLECTED_AFTER = 10_000
_LOOKS_EVERY = 0.05
# The age of the youngest process that serves, as gunicorn counts them; those that are forked share it.
_youngest = mmap.mmap(-1, 8)


class Worker(RefusingWorker):
    """Ends without a client that would notice.

    Gunicorn tells the old processes to stop while the new ones still load the application, and leaves whoever has
    connected, but was not accepted yet, to be reset. In its one accepting thread it waits for each client to close, so
    that whoever doesn't would keep all others waiting for two seconds a connection; here that thread waits which served
    it. A failed TLS handshake has closed the socket, and made it count twice.
    """

    _serves = _leaving = _is_last = False

    def run(self) -> None:
        self._serves = True
        if self.cfg.is_ssl:
            ssl_context(self.cfg)  # which gunicorn.conf.py keeps
        _youngest[:] = struct.pack("q", max(self.age, _age_of_the_youngest()))
        # What is loaded by now stays, and need not be gone through again and again in search of what does not.
        gc.collect()
        gc.freeze()
        gc.set_threshold(COLLECTED_AFTER)
        super().run()

    def handle(self, conn: TConn) -> object:
        goes_on = super().handle(conn)
        if not goes_on:
            with contextlib.suppress(OSError):
                take_leave(conn)
            conn.close = _is_closed
        return goes_on

    def init_signals(self) -> None:
        super().init_signals()
        hear_stops()

    def handle_exit(self, signum: int, frame: Any) -> None:
        if not self._leaving:
            self._leaving = True
            threading.Thread(target=self._leave_when_followed, name="handing over", daemon=True).start()

    def accept(self, listener: BaseSocket) -> None:
        try:
            super().accept(listener)
        except OSError as fault:
            if fault.errno != errno.EINVAL:  # another process has hung up
                raise

    def enqueue_req(self, conn: TConn) -> None:
        if draining.has_ended():
            listen_to(conn.sock)
        super().enqueue_req(conn)

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if self._is_last and not self.alive:
            self._serve_the_last()

    def _serve_the_last(self) -> None:
        for listener in self.sockets:
            # As many as may wait, and as there are files for; what finds nobody costs nothing.
            for _ in range(min(self.cfg.backlog, self.worker_connections - self.nr_conns)):
                self.accept(listener)
            # From here on the kernel refuses, so that a proxy tries another machine.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)

    def _leave_when_followed(self) -> None:
        deadline = time.monotonic() + HANDS_OVER_WITHIN
        while self._is_needed() and time.monotonic() < deadline:
            time.sleep(_LOOKS_EVERY)
        # Whoever waits for a task to end is answered at once: they would be waited for.
        endings.leave()
        # Decided once: who is replaced leaves what they listen on to those who follow, though a stop begins meanwhile.
        self._is_last = draining.has_ended()
        try:
            for listener in self.sockets if self._is_last else []:
                let_nobody_new_in(listener)
                wait_for_those_who_connect(listener, RECEIVE_TIMEOUT)
        finally:
            super().handle_exit(0, None)

    def _is_needed(self) -> bool:
        has_followers = _age_of_the_youngest() >= self.age + self.cfg.workers
        return self._serves and not has_followers and not draining.has_ended()


def _age_of_the_youngest() -> int:
    age: int = struct.unpack("q", _youngest)[0]
    return age


def _is_closed(graceful: bool = False) -> None:
    """Nothing is left to do for the accepting thread."""


class ImpatientTLSSocket(ssl.SSLSocket):
    """Waits for a client as long as the kernel does for one without TLS; OpenSSL would ask it again for ever."""

    def setblocking(self, flag: bool) -> None:
        self.settimeout(None if flag else 0.0)

    def settimeout(self, value: float | None) -> None:
        super().settimeout(RECEIVE_TIMEOUT if value is None else value)


class JSONLogger(Logger):
    """Gunicorn's own lines, written as all others are."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        logs.configure(cfg.loglevel)
        self.error_log.handlers = []
        self.error_log.propagate = True
        self.error_log.addFilter(_is_not_a_stalled_client)


def _is_not_a_stalled_client(record: logging.LogRecord) -> bool:
    # The receive timeout drops it: expected, and no traceback's worth.
    return not (record.exc_info and isinstance(record.exc_info[1], BlockingIOError | TimeoutError))
