"""A counter server that only remembers what has come."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue


class Counter(ThreadingHTTPServer):
    """Has the *keys* of all notices, and a queue in which each is when it has *come*."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.keys: set[str] = set()
        self.come: SimpleQueue[str] = SimpleQueue()


class _Conversation(BaseHTTPRequestHandler):
    server: Counter

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if key := self.headers.get("Idempotency-Key"):
            self.server.keys.add(key)
            self.server.come.put(key)
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def counter() -> Iterator[Counter]:
    """One that listens."""
    with Counter() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
