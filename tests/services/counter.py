"""A counter server of our own: it records all that it is told, and treats those who tell it as a test wants it to."""

import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPMessage, parse_headers
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec

from tests.changed_settings import changed_settings
from tests.services.processes import free_port

# How many bytes are offered to whoever takes them.
ENDLESS = 10 * 1024**3
# In seconds: how often a byte is dripped, for how long, and for how long nothing is said; tests of those who wait for
# ever should end.
DRIPS_EVERY, DRIPS_FOR, HANGS_FOR = 0.05, 5.0, 60.0


class Received(NamedTuple):
    """A request: when it came, by `time.monotonic`, and all that was in it."""

    at: float
    method: str
    target: str
    headers: HTTPMessage
    body: bytes

    @property
    def key(self) -> str:
        """What makes it the same as another."""
        return str(self.headers["Idempotency-Key"])

    @property
    def notice(self) -> Any:
        """What it tells."""
        return msgspec.json.decode(self.body)


class Caller(NamedTuple):
    """Somebody who has sent a request and waits for what happens."""

    connection: socket.socket
    request: Received
    server: "CounterServer"


Behaviour = Callable[[Caller], None]


class CounterServer:
    """Listens from `start` to `stop`, always at the same port; `behaves` may be changed at any time."""

    def __init__(self, behaves: Behaviour | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        self.behaves = behaves or answers(200)
        self.tls = tls
        self.port = free_port()
        self.url = f"https://localhost:{self.port}/" if tls else f"http://127.0.0.1:{self.port}/"
        self.received: list[Received] = []
        # How many bytes of endless answers have left.
        self.taken = 0
        self.connections: set[socket.socket] = set()
        self._listener: _Listener | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, if it doesn't."""
        if self._listener is None:
            self._listener = _Listener(self)
            threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Listen no more, and hang up on everybody."""
        if self._listener is not None:
            self._listener.shutdown()
            self._listener.server_close()
            self._listener = None
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def bodies(self) -> list[bytes]:
        """What came, in order."""
        return [each.body for each in self.received]

    def counted(self) -> dict[str, bytes]:
        """What came, each key once, in the order in which they first came."""
        return {each.key: each.body for each in reversed(self.received)}


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 128

    def __init__(self, server: CounterServer) -> None:
        self.counter = server
        super().__init__(("127.0.0.1", server.port), _Conversation)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self.counter.tls is not None:
            connection = self.counter.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address


class _Conversation(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        server = self.server.counter  # type: ignore[attr-defined]
        server.connections.add(self.request)
        # Whoever calls may hang up whenever they like.
        with suppress(OSError):
            if (request := _read(self.request)) is not None:
                server.received.append(request)
                server.behaves(Caller(self.request, request, server))
        server.connections.discard(self.request)


def _read(connection: socket.socket) -> Received | None:
    with connection.makefile("rb") as stream:
        first = stream.readline().decode("latin-1").split()
        if len(first) != 3:
            return None
        headers = parse_headers(stream)
        body = stream.read(int(headers["Content-Length"] or 0))
    return Received(time.monotonic(), first[0], first[1], headers, body)


def head(status: int, **headers: object) -> bytes:
    """The first part of an answer; a header's name has _ for -."""
    lines = [f"HTTP/1.1 {status} As Told", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def answers(status: int, body: bytes = b"", **headers: object) -> Behaviour:
    """Answer well or badly; with nothing in it as the brief's server did, unless a body is given."""
    return says(head(status, Content_Length=len(body), **headers) + body)


def says(answer: bytes) -> Behaviour:
    """Answer with these bytes, and hang up."""
    return lambda caller: caller.connection.sendall(answer)


def hangs(caller: Caller) -> None:
    """Say nothing, for as long as the caller listens."""
    caller.connection.settimeout(HANGS_FOR)
    while caller.connection.recv(1):
        pass


def drips(begin: bytes, each: bytes = b"x") -> Behaviour:
    """Begin, and go on byte by byte for a while."""
    return lambda caller: _pour(caller, begin, each, number=round(DRIPS_FOR / DRIPS_EVERY), pause=DRIPS_EVERY)


def floods(begin: bytes, each: bytes = b"x" * 65536) -> Behaviour:
    """Begin, and go on with 10 GB; how much of it was taken is counted."""
    return lambda caller: _pour(caller, begin, each, number=ENDLESS // len(each), pause=0.0)


def _pour(caller: Caller, begin: bytes, each: bytes, *, number: int, pause: float) -> None:
    # What the kernel takes off us is not all taken by the caller.
    caller.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    caller.connection.sendall(begin)
    for _ in range(number):
        caller.server.taken += caller.connection.send(each)
        time.sleep(pause)


def resets(caller: Caller) -> None:
    """Cut the connection off, as a server does that dies after it has counted."""
    caller.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    caller.connection.close()


def in_turn(first: Iterable[Behaviour], then: Behaviour) -> Behaviour:
    """Treat each of the first ones in a way of its own."""
    coming = iter(first)
    return lambda caller: next(coming, then)(caller)


def by_user(special: Mapping[int, Behaviour], otherwise: Behaviour) -> Behaviour:
    """Treat notices of some users' defects in a way of their own."""
    return lambda caller: special.get(caller.request.notice["user"], otherwise)(caller)


@contextmanager
def named(url: str | None) -> Iterator[None]:
    """Have COUNTER_URL name that, in this process."""
    with changed_settings(counter_url=url):
        yield
