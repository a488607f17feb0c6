"""When a request seems to have come."""

import pytest

from incoming import Incoming
from tests.cost import quickly

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def pieces_until_whole(sent: bytes, size: int) -> int | None:
    """After how many bytes, of pieces of that size, it seems whole; None if it never does."""
    incoming = Incoming()
    for start in range(0, len(sent), size):
        incoming.held.extend(sent[start : start + size])
        if incoming.seems_whole():
            return len(incoming.held)
    return None


@pytest.mark.parametrize(
    "held",
    [
        HEAD + b"\r\n",
        HEAD + b"CONTENT-LENGTH:2\r\n\r\n{}",
        HEAD + b"Content-Length: 2\r\n\r\n{}GET / HTTP/1.1",
        HEAD + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 7\r\n\r\n",
        CHUNKED + b"0\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
        CHUNKED + b"2\r\n{}\r\n0\r\n\r\nGET / HTT",
        HEAD + b"Content-Length: nonsense\r\n\r\n",
        b"\r\n\r\n",
    ],
)
def test_one_that_has_come_gets_a_thread(held: bytes) -> None:
    assert pieces_until_whole(held, len(held)) is not None


def test_it_seems_whole_at_its_last_byte_when_it_comes_byte_by_byte() -> None:
    for sent in (
        HEAD + b"\r\n",
        HEAD + b"Content-Length: 2\r\n\r\n{}",
        CHUNKED + b"2\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"0\r\n\r\n",
        CHUNKED + b"0\r\nX-Sum: 7\r\n\r\n",
    ):
        assert pieces_until_whole(sent, 1) == len(sent)


@pytest.mark.parametrize("line", [b"\r\nexpect:", b"\r\ncontent-length:9", b"\r"])
def test_a_large_head_that_comes_byte_by_byte_is_looked_at_once(line: bytes) -> None:
    sent = b"GET / HTTP/1.1" + line * (50_000 // len(line))
    with quickly(2):  # looked at anew for each byte, it would be minutes
        assert pieces_until_whole(sent, 1) is None


@pytest.mark.parametrize(
    "held",
    [
        b"",
        HEAD,
        HEAD + b"\r",
        HEAD + b"Content-Length: 2\r\n\r\n{",
        HEAD + b"Content-Length: 999999999\r\n\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
    ],
)
def test_one_that_has_not_waits_without(held: bytes) -> None:
    assert pieces_until_whole(held, len(held) or 1) is None
