"""What is held of a request until it gets a thread."""

import socket

from gunicorn.config import Config
from gunicorn.workers.gthread import TConn

from server.arrival import LARGEST_HELD, Arrival

CHUNKED = b"POST /user HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_no_more_is_held_than_gunicorn_parses_quickly() -> None:
    client, served = socket.socketpair()
    with client, served:
        for each in (client, served):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * LARGEST_HELD)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * LARGEST_HELD)
        arrival = Arrival(TConn(Config(), served, ("127.0.0.1", 1), ("127.0.0.1", 2)))
        client.sendall(CHUNKED + b"1\r\nx\r\n" * 100)
        assert not arrival.receive()
        # In chunks of one byte, twice as much takes forty times as long: a second.
        client.sendall(b"1\r\nx\r\n" * (LARGEST_HELD // 6))
        assert arrival.receive()
        assert len(arrival.held) == LARGEST_HELD
