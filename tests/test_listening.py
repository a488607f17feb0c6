"""A listening socket that is about to be closed: who has connected is let in, and nobody after them."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.sock import TCP6Socket, TCPSocket

from listening import let_nobody_new_in, listen_to, wait_for_a_word, wait_for_those_who_connect

# In seconds: so long a connection may be silent before it is accepted, and so long one would be made in, if it were.
SILENCE, AT_ONCE = 5, 0.3


@pytest.fixture(params=[TCPSocket, TCP6Socket])
def listener(request: pytest.FixtureRequest) -> Iterator[TCPSocket]:
    home = "127.0.0.1" if request.param is TCPSocket else "::1"
    with closing(request.param((home, 0), Config(), Logger(Config()))) as listening:
        wait_for_a_word(listening, SILENCE)
        listening.sock.settimeout(AT_ONCE)
        yield listening


def _connect(listener: TCPSocket, *, within: float) -> socket.socket:
    return socket.create_connection(listener.getsockname()[:2], timeout=within)


def test_who_has_connected_and_said_nothing_is_accepted(listener: TCPSocket) -> None:
    with _connect(listener, within=AT_ONCE) as silent:
        with pytest.raises(TimeoutError):
            listener.accept()
        let_nobody_new_in(listener)
        wait_for_those_who_connect(listener, SILENCE)
        with listener.accept()[0] as accepted:
            assert accepted.getpeername() == silent.getsockname()
            listen_to(accepted)
            accepted.settimeout(SILENCE)
            silent.sendall(b"a word")
            assert accepted.recv(10) == b"a word"


def test_nobody_else_can_connect_and_whoever_tries_is_refused_in_the_end(listener: TCPSocket) -> None:
    let_nobody_new_in(listener)
    with pytest.raises(TimeoutError):
        _connect(listener, within=AT_ONCE)
    with pytest.raises(TimeoutError):
        listener.accept()
    address = listener.getsockname()[:2]
    listener.shutdown(socket.SHUT_RDWR)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=SILENCE)
