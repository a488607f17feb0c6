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


@pytest.fixture(params=[(TCPSocket, "127.0.0.1"), (TCP6Socket, "::1"), (TCP6Socket, "::")], ids=["4", "6", "both"])
def listener(request: pytest.FixtureRequest) -> Iterator[TCPSocket]:
    kind, home = request.param
    try:
        opened = kind((home, 0), Config(), Logger(Config()))
    except OSError:
        pytest.skip("There is no IPv6 here.")
    with closing(opened) as listening:
        wait_for_a_word(listening, SILENCE)
        listening.sock.settimeout(AT_ONCE)
        yield listening


def _address(listener: TCPSocket) -> tuple[str, int]:
    home, port, *_ = listener.getsockname()
    return "127.0.0.1" if home == "::" else home, port


def _connect(listener: TCPSocket, *, within: float) -> socket.socket:
    return socket.create_connection(_address(listener), timeout=within)


def test_who_has_connected_and_said_nothing_is_accepted(listener: TCPSocket) -> None:
    with _connect(listener, within=AT_ONCE) as silent:
        with pytest.raises(TimeoutError):
            listener.accept()
        let_nobody_new_in(listener)
        wait_for_those_who_connect(listener, SILENCE)
        with listener.accept()[0] as accepted:
            assert accepted.getpeername()[1] == silent.getsockname()[1]
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
    address = _address(listener)
    listener.shutdown(socket.SHUT_RDWR)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=SILENCE)
