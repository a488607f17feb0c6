"""What has come of a request, and whether that is all of it."""

import re

LARGEST_HEAD = 32 * 1024
# In the WSGI environment: whether the request was refused because its client or person has had their share.
HAD_SHARE = "aerie.had_share"
_FRAMING = re.compile(rb"\r\n(content-length|transfer-encoding|expect):[ \t]*(\d{0,9})", re.IGNORECASE)
_END, _LAST_CHUNK = b"\r\n\r\n", b"\r\n0\r\n\r\n"


class Incoming:
    """Looks at nothing twice: else who sends many small pieces would keep the thread busy that all others wait for."""

    def __init__(self) -> None:
        self.held = bytearray()
        self._looked = 0
        self._body = 0
        self._framing: dict[bytes, bytes] = {}

    def seems_whole(self) -> bool:
        """Whether a request has come, or its sender waits to be told to go on.

        Gunicorn's parser has the last word: a mistake here costs a thread's time, and no more.
        """
        if not self._body and not self._has_head():
            return False
        if b"expect" in self._framing:
            return True
        if b"transfer-encoding" in self._framing:
            # After trailers, or with another request behind it.
            return self.held.endswith(_END, self._body) or self._has(_LAST_CHUNK)
        return len(self.held) - self._body >= int(self._framing.get(b"content-length") or 0)

    def is_whole(self) -> bool:
        """Whether there is nothing left to send, as far as `seems_whole` has looked."""
        awaits = b"expect" in self._framing and self._framing.keys() & {b"content-length", b"transfer-encoding"}
        return self.seems_whole() and not awaits

    def has_too_large_a_head(self) -> bool:
        """Whether more than LARGEST_HEAD bytes belong to the head, as far as `seems_whole` has looked."""
        return (self._body or len(self.held)) > LARGEST_HEAD

    def _has_head(self) -> bool:
        if not self._has(_END):
            return False
        end = self.held.index(_END)
        self._body = end + len(_END)
        # The end of the head may be that of a line before a chunk.
        self._looked = self._body
        self._framing = {name.lower(): value for name, value in _FRAMING.findall(self.held, 0, end)}
        return True

    def _has(self, mark: bytes) -> bool:
        found = self.held.find(mark, max(0, self._looked - len(mark) + 1)) >= 0
        self._looked = len(self.held)
        return found
