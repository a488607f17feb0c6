"""How a listening socket is closed so that everyone who has connected is answered, and nobody is reset."""

import re
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

from gunicorn.sock import BaseSocket

_LOOKS_EVERY = 0.1
# How the kernel shows a connection to a port that it has not given to anybody yet: it waits for the last word of the
# handshake, or for the first of the request.
_HALF_OPEN = rb":%04X [0-9A-F]+:[0-9A-F]{4} 03 "
_TABLES = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
# The least time to live that a packet must have left to be heard, which Python has no names for.
_IP_MINTTL, _IPV6_MINHOPCOUNT = 21, 73
# More than any packet has that begins a connection: hardly anybody's have more than 128 when they are sent.
_NOBODYS = 255


def wait_for_a_word(listener: BaseSocket, seconds: int) -> None:
    """Have connections accepted only once they have said something, or that long ago; where the system can."""
    if hasattr(socket, "TCP_DEFER_ACCEPT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, seconds)


def let_nobody_new_in(listener: BaseSocket) -> None:
    """Have the kernel leave new clients without an answer, so that they try again, and are refused when it is closed.

    Those who have connected are accepted, with or without a word from them; each is to be listened to.
    """
    wait_for_a_word(listener, 0)
    _hear(listener, _NOBODYS)


def listen_to(client: socket.socket) -> None:
    """Hear one who was accepted from where nobody new is let in: that was handed down."""
    _hear(client, 0)


def wait_for_those_who_connect(listener: BaseSocket, within: float) -> None:
    """Until all of them can be accepted, at most so many seconds.

    Who had said nothing is asked again by the kernel 1, 3 or 7 seconds after they connected, and let in then.
    """
    deadline = time.monotonic() + within
    while _has_half_open(listener.getsockname()[1]) and time.monotonic() < deadline:
        time.sleep(_LOOKS_EVERY)


def _hear(where: BaseSocket | socket.socket, time_to_live: int) -> None:
    if sys.platform != "linux":  # who connects at the last moment may be reset there
        return
    with suppress(OSError):  # such a socket is closed already
        where.setsockopt(socket.IPPROTO_IP, _IP_MINTTL, time_to_live)
        if where.family == socket.AF_INET6:
            where.setsockopt(socket.IPPROTO_IPV6, _IPV6_MINHOPCOUNT, time_to_live)


def _has_half_open(port: int) -> bool:
    half_open = re.compile(_HALF_OPEN % port)
    for table in _TABLES:
        with suppress(OSError):
            if half_open.search(table.read_bytes()):
                return True
    return False
