"""When a request seems to have come."""

import pytest

from reception import seems_whole

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "held",
    [
        HEAD + b"\r\n",
        HEAD + b"CONTENT-LENGTH:2\r\n\r\n{}",
        HEAD + b"Content-Length: 2\r\n\r\n{}GET / HTTP/1.1",
        HEAD + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 7\r\n\r\n",
        HEAD + b"Content-Length: nonsense\r\n\r\n",
        b"\r\n\r\n",
    ],
)
def test_one_that_has_come_gets_a_thread(held: bytes) -> None:
    assert seems_whole(held)


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
    assert not seems_whole(held)
