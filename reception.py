"""Requests are waited for all together, and get a thread when they have come."""

import math
import selectors
import time
from contextlib import suppress
from functools import partial
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from gunicorn import http, util
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker

from models.capacity import BODY_THREADS, THREADS_PER_NETWORK, THREADS_PER_SHARE
from server.arrival import RECEIVE_TIMEOUT, RECEIVE_WITHIN, Arrival, end_of_input
from server.expectation import await_body
from server.fair_dispatch import REST_SECONDS, FairDispatch
from server.networks import client_network
from server.open_connections import OpenConnections

# One network has this part of a process's connections at most.
PART_OF_CONNECTIONS = 2
# Kept free for new connections: idle ones are closed first, then those with the oldest incomplete request.
SPARE_CONNECTIONS = 20
# What is read, and thrown away, of a body that was refused: who is still sending when we close may lose the answer.
MOST_DRAINED = 2 * 1024 * 1024


class ReceivingWorker(ThreadWorker):
    """Has its accepting thread wait for every request.

    Gunicorn 27 gives a connection a thread at its first byte, and whoever sends no second one holds it: 400 of them
    hold all threads of two processes for more than a minute. Gunicorn's own queue for threads is one for all clients,
    so that a client with hundreds of connections has all others wait behind them.
    """

    # Proxies carry many clients over their connections, and have no limit per network; set by gunicorn.conf.py.
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # In the order in which they began.
        self._arrivals: dict[Arrival, None] = {}
        self._looked = 0.0
        most = self.worker_connections
        self._connections = OpenConnections(most=most, per_network=most // PART_OF_CONNECTIONS)
        self._dispatch = FairDispatch[TConn](
            threads=self.cfg.threads, alone=THREADS_PER_NETWORK, shared=THREADS_PER_SHARE, slow=BODY_THREADS
        )
        # The slow ones that wait for a thread or have one, and since when they have it.
        self._slow: dict[TConn, float] = {}

    def enqueue_req(self, conn: TConn) -> None:
        """Wait for the next request of a connection, then give it a thread."""
        if not conn.initialized and not self._connections.admits(self._network(conn), conn):
            self.nr_conns -= 1
            conn.close()
            return
        arrival = Arrival(conn)
        self._arrivals[arrival] = None
        self._receive(arrival)

    def handle_request(self, req: http.Request, conn: TConn) -> object:
        """Send 100 Continue only when the application reads the body."""
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
        self._make_room()
        now = time.monotonic()
        if now < self._looked + 1:
            return
        self._looked = now
        self._give_threads()  # A network's share grows when the others have been silent.
        for arrival in [each for each in self._arrivals if each.is_late(now)]:
            if arrival.held:
                arrival.end()
                self._hand_over(arrival, has_ended=True)
            else:
                self._abandon(arrival)
        for conn in [each for each, since in self._slow.items() if now > since + RECEIVE_WITHIN]:
            end_of_input(conn.sock)

    def _make_room(self) -> None:
        """Close connections, so that a new one always finds room."""
        now = time.monotonic()
        while self.nr_conns > self.worker_connections - SPARE_CONNECTIONS:
            slowest = next(iter(self._arrivals), None)
            if self.keepalived_conns:
                self._close_idle(self.keepalived_conns.popleft())
            elif slowest is not None and slowest.makes_room(now):
                self._abandon(slowest)
            else:
                return

    def _close_idle(self, conn: TConn) -> None:
        # As gunicorn does: a connection that could not be registered is in the queue of idle ones, too.
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def _receive(self, arrival: Arrival, readable: object = None) -> None:
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

    def _hand_over(self, arrival: Arrival, *, has_ended: bool = False) -> None:
        self._forget(arrival)
        if arrival.has_too_large_a_head():
            arrival.cut_off()
        conn, is_slow = arrival.conn, not has_ended and arrival.leaves_a_body()
        conn.parser.unreader.unread(bytes(arrival.held))
        if is_slow:
            self._slow[conn] = math.inf
        self._dispatch.add(self._network(conn), conn, is_slow=is_slow)
        self._give_threads()

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Go on with a connection that has been answered, and give its thread to the next."""
        self._dispatch.done(self._network(conn), was_slow=self._slow.pop(conn, None) is not None)
        super().finish_request(conn, fs)
        self._give_threads()

    def rest(self, peer: Any) -> None:
        """Have the network of a client that was refused its share wait a moment; called by a serving thread."""
        self.method_queue.defer(self._dispatch.rest, client_network(peer, self.proxies))

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait no longer than a network rests."""
        rests = self._dispatch.is_resting
        super().wait_for_and_dispatch_events(min(timeout, REST_SECONDS) if rests else timeout)
        if rests:
            self._give_threads()

    def _give_threads(self) -> None:
        while (conn := self._dispatch.take()) is not None:
            if conn in self._slow:
                self._slow[conn] = time.monotonic()
            super().enqueue_req(conn)

    def _network(self, conn: TConn) -> str | None:
        return client_network(conn.client, self.proxies)

    def _abandon(self, arrival: Arrival) -> None:
        self._forget(arrival)
        self.nr_conns -= 1
        arrival.conn.close()

    def _forget(self, arrival: Arrival) -> None:
        del self._arrivals[arrival]
        if arrival.polled:
            self.poller.unregister(arrival.conn.sock)


def take_leave(conn: TConn) -> None:
    """Close a connection so that the last answer arrives, though more may have been sent than was read."""
    conn.sock.setblocking(True)
    util.close_graceful(conn.sock, max_drain=MOST_DRAINED)
