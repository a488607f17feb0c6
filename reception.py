"""Requests are waited for all together, and get a thread when they have come."""

import contextlib
import selectors
import socket
import ssl
import time
from functools import partial
from typing import Any

from gunicorn import http, sock, util
from gunicorn.http.errors import LimitRequestHeaders, ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker

from expectation import await_body
from incoming import LARGEST_HEAD, Incoming

# In seconds: how long a client may say nothing in the middle of a request, and how long a request may take to come.
RECEIVE_TIMEOUT = 5
RECEIVE_WITHIN = 20
# A request of which this much has come is left to a thread, so that memory has an end.
LARGEST_HELD = 64 * 1024
# What is read, and thrown away, of a body that was refused: who is still sending when we close may lose the answer.
MOST_DRAINED = 2 * 1024 * 1024
_NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class ReceivingWorker(ThreadWorker):
    """Has its accepting thread wait for every request.

    Gunicorn 27 gives a connection a thread at its first byte, and whoever sends no second one holds it: 400 of them
    hold all threads of two processes for more than a minute.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._arrivals: set[Arrival] = set()
        self._looked = 0.0

    def enqueue_req(self, conn: TConn) -> None:
        """Wait for the next request of a connection, then give it a thread."""
        arrival = Arrival(conn)
        self._arrivals.add(arrival)
        self._receive(arrival)

    def handle_request(self, req: http.Request, conn: TConn) -> object:
        """Have the application decide whether a client that asks for it is told to send the body."""
        await_body(req, conn.sock)
        return super().handle_request(req, conn)

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Read what was refused to its end: the answer has told the client that it may send more here."""
        deadline = time.monotonic() + RECEIVE_TIMEOUT
        try:
            return keepalive and bool(conn.parser.finish_body(deadline, MOST_DRAINED))
        except ParseException:
            return False  # whoever sent it has an answer, and would take a second one for that of their next request

    def murder_pending(self) -> None:
        """Wait no longer for those who are late; gunicorn calls this in each turn of its loop."""
        super().murder_pending()
        now = time.monotonic()
        if now < self._looked + 1:
            return
        self._looked = now
        for arrival in [each for each in self._arrivals if each.is_late(now)]:
            if arrival.held:
                arrival.end()
                self._hand_over(arrival)
            else:
                self._abandon(arrival)

    def _receive(self, arrival: "Arrival", readable: object = None) -> None:
        try:
            has_come = arrival.receive()
        except OSError:
            self._abandon(arrival)
            return
        if has_come:
            self._hand_over(arrival)
        elif not arrival.polled:
            self.poller.register(arrival.conn.sock, selectors.EVENT_READ, partial(self._receive, arrival))
            arrival.polled = True

    def _hand_over(self, arrival: "Arrival") -> None:
        self._forget(arrival)
        if arrival.has_too_large_a_head():
            arrival.cut_off()
        arrival.conn.parser.unreader.unread(bytes(arrival.held))
        super().enqueue_req(arrival.conn)

    def _abandon(self, arrival: "Arrival") -> None:
        self._forget(arrival)
        self.nr_conns -= 1
        arrival.conn.close()

    def _forget(self, arrival: "Arrival") -> None:
        self._arrivals.remove(arrival)
        if arrival.polled:
            self.poller.unregister(arrival.conn.sock)


class Arrival:
    """A connection, and what has come of its next request."""

    def __init__(self, conn: TConn) -> None:
        self.conn = conn
        self._incoming = Incoming()
        self.polled = False
        self._began = self._heard = time.monotonic()

    @property
    def held(self) -> bytearray:
        """What has come."""
        return self._incoming.held

    def receive(self) -> bool:
        """Take what is there; whether there is nothing left to wait for. Raises OSError if the client is gone."""
        self.conn.sock.setblocking(False)
        if not self.conn.initialized:
            _initialize(self.conn)
        # Of those who send several requests at once, the next may have been read with the one before it.
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

    def is_late(self, now: float) -> bool:
        """Whether it was waited for long enough."""
        return now > self._heard + RECEIVE_TIMEOUT or now > self._began + RECEIVE_WITHIN

    def end(self) -> None:
        """Let a thread answer 408 if the head has come, and hang up in any case, without waiting for anything."""
        self.conn.parser.unreader.chunk = _nothing_more
        with contextlib.suppress(OSError):
            # Past TLS, whose own shutdown leaves nothing to answer through.
            socket.socket.shutdown(self.conn.sock, socket.SHUT_RD)


def take_leave(conn: TConn) -> None:
    """Close a connection so that the last answer arrives, though more may have been sent than was read."""
    conn.sock.setblocking(True)
    util.close_graceful(conn.sock, max_drain=MOST_DRAINED)


def _initialize(conn: TConn) -> None:
    """What gunicorn does in a thread, but for waiting until hands are shaken."""
    if conn.cfg.is_ssl:
        conn.sock = sock.ssl_wrap_socket(conn.sock, conn.cfg)
    conn.parser = http.get_parser(conn.cfg, conn.sock, conn.client)
    conn.initialized = True


def _too_large(size_hint: int | None = None) -> bytes:
    raise LimitRequestHeaders(f"more than {LARGEST_HEAD} bytes")


def _nothing_more(size_hint: int | None = None) -> bytes:
    raise TimeoutError
