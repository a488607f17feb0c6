"""A line between clients and a server that can be slow, be cut, and lose answers."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

# What closes a connection as a machine does that has forgotten it.
RESET = struct.pack("ii", 1, 0)


class Wire:
    """Listens from the beginning of the block to its end, at `port`, and carries what it hears to the server at `to`.

    That is a host and a port, or the path of a Unix socket. `delay` is in seconds, and one way; `loses` is asked of all
    that clients say whether the answer to it is to be lost, together with the connection.
    """

    def __init__(self, to: tuple[str, int] | Path | None = None) -> None:
        self.to = to
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._calls: list[Call] = []
        self.port: int = self._listener.getsockname()[1]
        self.delay = 0.0
        self.loses: Callable[[bytes], bool] = lambda said: False
        self.lost = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # Wakes whoever waits in accept, as close alone does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self) -> int:
        """Reset all connections; how many there were."""
        calls, self._calls = self._calls, []
        for call in calls:
            call.cut()
        return len(calls)

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                try:
                    self._calls.append(Call(self, client, self._connected()))
                except OSError:
                    client.close()

    def _connected(self) -> socket.socket:
        if isinstance(self.to, tuple):
            server = socket.create_connection(self.to)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return server
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(self.to))
        return server


class Call:
    """One connection of a client's, carried on to the server."""

    def __init__(self, wire: Wire, client: socket.socket, server: socket.socket) -> None:
        self._wire, self._ends = wire, (client, server)
        self._loses_the_answer = False
        for ends in ((client, server, self._is_carried_on), (server, client, self._is_carried_back)):
            threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def cut(self) -> None:
        """Reset it, at both ends."""
        for end in self._ends:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                end.shutdown(socket.SHUT_RD)  # else whoever reads there would keep it open
            end.close()

    def _carry(self, source: socket.socket, sink: socket.socket, is_carried: Callable[[bytes], bool]) -> None:
        with suppress(OSError):
            while said := source.recv(65536):
                time.sleep(self._wire.delay)
                if not is_carried(said):
                    break
                sink.sendall(said)
        self.cut()

    def _is_carried_on(self, said: bytes) -> bool:
        self._loses_the_answer |= self._wire.loses(said)
        return True

    def _is_carried_back(self, _: bytes) -> bool:
        self._wire.lost += self._loses_the_answer
        return not self._loses_the_answer
