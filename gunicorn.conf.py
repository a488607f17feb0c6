"""How gunicorn serves the application: processes, threads, time limits and TLS."""

import contextlib
import logging
import socket
import ssl
import struct
from collections.abc import Callable
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn, ThreadWorker

import logs
from lifetime import hear_stops, keep_stops_for_children
from models.endings import endings
from settings import Settings

settings = Settings.or_exit()
# A worker that is told to stop as soon as it is forked would else be waited for, for all of graceful_timeout.
keep_stops_for_children()

# A client that sends nothing for this many seconds, in the middle of a request, is dropped.
RECEIVE_TIMEOUT = 5


class JSONLogger(Logger):
    """Gunicorn's own lines, written as all others are."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        logs.configure(settings.log_level)
        self.error_log.handlers = []
        self.error_log.propagate = True
        self.error_log.addFilter(_is_not_a_stalled_client)


def _is_not_a_stalled_client(record: logging.LogRecord) -> bool:
    # The receive timeout drops it: expected, and no traceback's worth.
    return not (record.exc_info and isinstance(record.exc_info[1], BlockingIOError | TimeoutError))


class ImpatientTLSSocket(ssl.SSLSocket):
    """Waits for a client as long as the kernel does for one without TLS; OpenSSL would ask it again for ever."""

    def setblocking(self, flag: bool) -> None:
        self.settimeout(None if flag else 0.0)

    def settimeout(self, value: float | None) -> None:
        super().settimeout(RECEIVE_TIMEOUT if value is None else value)


class Worker(ThreadWorker):
    """Takes leave of each client in the thread that served it, and of those who wait when it is to end.

    Gunicorn 27 waits in its one accepting thread for the client to close too: whoever doesn't would keep all others
    waiting for two seconds a connection. A failed TLS handshake has closed the socket, and made it count twice.
    """

    def handle(self, conn: TConn) -> object:
        goes_on = super().handle(conn)
        if not goes_on:
            with contextlib.suppress(OSError):
                conn.close(graceful=True)
            conn.close = _is_closed
        return goes_on

    def init_signals(self) -> None:
        super().init_signals()
        hear_stops()

    def handle_exit(self, signum: int, frame: Any) -> None:
        """Answer at once whoever waits for a task to end: they would be waited for."""
        endings.leave()
        super().handle_exit(signum, frame)


def _is_closed(graceful: bool = False) -> None:
    """Nothing is left to do for the accepting thread."""


def ssl_context(config: Any, default_ssl_context_factory: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Gunicorn's own context, with sockets that have the receive timeout."""
    context = default_ssl_context_factory()
    context.sslsocket_class = ImpatientTLSSocket
    return context


wsgi_app = "api.app:create_app()"
bind = f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}"
workers = settings.web_concurrency
worker_class = Worker
threads = 16
keepalive = 75
graceful_timeout = 30
proc_name = "aerie"
control_socket_disable = True
# Addresses behind proxies are worked out in hooks/client.py, from TRUSTED_PROXIES.
forwarded_allow_ips = ""
certfile = str(settings.tls_cert) if settings.tls_cert else None
keyfile = str(settings.tls_key) if settings.tls_key else None
logger_class = JSONLogger
loglevel = settings.log_level


def when_ready(server: Any) -> None:
    """Give the listening sockets the receive timeout, which accepted ones inherit.

    Where the system can, a connection is not even accepted before it has said something.
    """
    timeout = struct.pack("ll", RECEIVE_TIMEOUT, 0)
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
        if hasattr(socket, "TCP_DEFER_ACCEPT"):
            listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, RECEIVE_TIMEOUT)
