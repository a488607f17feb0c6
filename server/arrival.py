"""The bytes of a connection's next request that have arrived, before a thread reads them."""

import contextlib
import socket
import ssl
import time

from gunicorn import http, sock
from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.workers.gthread import TConn

from incoming import LARGEST_HEAD, Incoming

# Seconds of silence within a request, and seconds for all of it.
RECEIVE_TIMEOUT = 5
RECEIVE_WITHIN = 20
# Seconds after which an arrival makes room for a new connection, where there are no others left.
SLOW_AFTER = 1
# In bytes. A longer request is read by a thread, so that arrivals take a bounded amount of memory.
LARGEST_HELD = 64 * 1024
_NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Arrival:
    """A connection, and the part of its next request that has arrived."""

    def __init__(self, conn: TConn) -> None:
        self.conn = conn
        self._incoming = Incoming()
        self.polled = False
        self._began = self._heard = time.monotonic()

    @property
    def held(self) -> bytearray:
        """The bytes so far."""
        return self._incoming.held

    def receive(self) -> bool:
        """Take what is there; whether there is nothing left to wait for. Raises OSError if the client is gone."""
        self.conn.sock.setblocking(False)
        if not self.conn.initialized:
            _initialize(self.conn)
        # With pipelining, the next request may have been read together with the one before it.
        self.held.extend(self.conn.parser.unreader.take_buffered())
        try:
            if isinstance(self.conn.sock, ssl.SSLSocket) and self.conn.sock.version() is None:
                self.conn.sock.do_handshake()
            while not self._incoming.seems_whole() and not self.has_too_large_a_head():
                # Gunicorn takes chunks out of what is held in quadratic time.
                if (room := LARGEST_HELD - len(self.held)) <= 0 or not (received := self.conn.sock.recv(room)):
                    break
                self._heard = time.monotonic()
                self.held.extend(received)
        except _NOT_YET:
            return False
        if not self.held:
            raise ConnectionError
        return True

    def has_too_large_a_head(self) -> bool:
        """Whether it is to be refused with 431."""
        return self._incoming.has_too_large_a_head()

    def cut_off(self) -> None:
        """Let gunicorn's parser see what a head may have, and refuse it when it asks for more."""
        del self.held[LARGEST_HEAD:]
        self.conn.parser.unreader.chunk = _too_large

    def makes_room(self, now: float) -> bool:
        """Whether it is to be closed where connections run out."""
        return now > self._began + SLOW_AFTER

    def leaves_a_body(self) -> bool:
        """Whether a thread will have to wait for the rest of a body."""
        return not self.has_too_large_a_head() and not self._incoming.is_whole()

    def is_late(self, now: float) -> bool:
        """Whether it was waited for long enough."""
        return now > self._heard + RECEIVE_TIMEOUT or now > self._began + RECEIVE_WITHIN

    def end(self) -> None:
        """Let a thread answer 408 if the head has come, and hang up in any case, without waiting for anything."""
        self.conn.parser.unreader.chunk = _nothing_more
        end_of_input(self.conn.sock)


def end_of_input(connection: socket.socket) -> None:
    """Shut down the reading side of a connection, so that a blocked read returns."""
    with contextlib.suppress(OSError):
        # On the socket below TLS, since a TLS shutdown would end the writing side, too.
        socket.socket.shutdown(connection, socket.SHUT_RD)


def _initialize(conn: TConn) -> None:
    """Do what gunicorn does in a thread, but without waiting for the TLS handshake."""
    if conn.cfg.is_ssl:
        conn.sock = sock.ssl_wrap_socket(conn.sock, conn.cfg)
    conn.parser = http.get_parser(conn.cfg, conn.sock, conn.client)
    conn.initialized = True


def _too_large(size_hint: int | None = None) -> bytes:
    raise LimitRequestHeaders(f"more than {LARGEST_HEAD} bytes")


def _nothing_more(size_hint: int | None = None) -> bytes:
    raise TimeoutError
