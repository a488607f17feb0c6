"""How a listening socket is closed so that everyone who has connected is answered, and nobody is reset."""

import ctypes
import socket
import struct
import time
from contextlib import suppress
from pathlib import Path

from gunicorn.sock import BaseSocket

_LOOKS_EVERY = 0.02
# What the kernel calls a connection that it has not given to anybody yet: it waits for the last word of the handshake,
# or for the first of the request.
_HALF_OPEN = "03"
_TABLES = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
# Linux's, which Python has no name for.
_SO_ATTACH_FILTER = 26
# A socket filter's instructions: what has the flag SYN in its TCP header is dropped, everything else is let in.
_DROPS_SYN = [(0x30, 0, 0, 13), (0x45, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF)]


def wait_for_a_word(listener: BaseSocket, seconds: int) -> None:
    """Have connections accepted only once they have said something, or that long ago; where the system can."""
    if hasattr(socket, "TCP_DEFER_ACCEPT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, seconds)


def let_nobody_new_in(listener: BaseSocket) -> None:
    """Have the kernel leave new clients without an answer, so that they try again, and are refused when it is closed.

    Those who have connected are accepted with or without a word from them.
    """
    wait_for_a_word(listener, 0)
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in _DROPS_SYN))
    with suppress(OSError):  # another system's kernel: who connects at the last moment may be reset there
        filters = struct.pack("HP", len(_DROPS_SYN), ctypes.addressof(program))
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, filters)


def wait_for_those_who_connect(listener: BaseSocket, within: float) -> None:
    """Until all of them can be accepted, at most so many seconds.

    Who had said nothing is asked again by the kernel 1, 3 or 7 seconds after they connected, and let in then.
    """
    deadline = time.monotonic() + within
    while _has_half_open(listener.getsockname()[1]) and time.monotonic() < deadline:
        time.sleep(_LOOKS_EVERY)


def _has_half_open(port: int) -> bool:
    for table in _TABLES:
        with suppress(OSError):
            for line in table.read_text().splitlines()[1:]:
                _, local, _, state, *_ = line.split()
                if state == _HALF_OPEN and local.endswith(f":{port:04X}"):
                    return True
    return False
