"""`100 Continue`, sent when the application first reads a body that a client holds back."""

import socket

from gunicorn.http import Request
from gunicorn.http.body import ChunkedReader, LengthReader


def await_body(req: Request, sock: socket.socket) -> None:
    """Keep gunicorn 27 from sending 100 Continue before the application has seen the head of the request."""
    reader = req.body.reader
    if req._expected_100_continue and getattr(reader, "length", 1) > 0:
        req.body.reader = AwaitedBody(req, reader, sock)
    req._expected_100_continue = False


class AwaitedBody:
    """The body of a request with `Expect: 100-continue`.

    A client that gets the final answer first may send the body or not, so that nothing after it could be told apart
    from it: the connection closes unless the body was asked for.
    """

    def __init__(self, req: Request, reader: LengthReader | ChunkedReader, sock: socket.socket) -> None:
        self._req, self._reader, self._sock = req, reader, sock
        self._closes_anyway = req.must_close
        self._is_asked_for = False
        req.force_close()

    def read(self, size: int) -> bytes:
        """Ask for the body, once, and read of it."""
        if not self._is_asked_for:
            self._is_asked_for = True
            self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._req.must_close = self._closes_anyway
        received: bytes = self._reader.read(size)
        return received
