"""A server that is not ours, at its worst: it is left in time, and little of what it sends is read."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest
import requests
import trustme

from tests.services.counter import Behaviour, CounterServer, drips, floods, head, says
from tests.services.processes import wait_until
from workers import outgoing
from workers.outgoing import post

NOTICE = {"user": 1, "action": "create"}
CHUNKED = head(200, Transfer_Encoding="chunked")
HALVES = [b"HTTP/1.1 ", b"HTTP/1.1 200 O", b"HTTP/1.1 200 OK\r\nHalf: "]
# In bytes: with what the kernel's buffers take.
LITTLE = 1024 * 1024


@pytest.fixture
def counter() -> Iterator[CounterServer]:
    with CounterServer() as server:
        yield server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "ANSWERS_WITHIN", 0.3)
    monkeypatch.setattr(outgoing, "OVER_WITHIN", 0.6)


def gives_up(url: str) -> None:
    with pytest.raises(requests.Timeout):
        post(url, NOTICE, headers={})


def gets(counter: CounterServer, status: int) -> None:
    assert post(counter.url, NOTICE, headers={})[0] == status


def seconds(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


@pytest.mark.parametrize("address", ["http://127.0.0.1:{}/", "https://127.0.0.1:{}/"])
def test_a_server_that_never_says_anything_is_left_in_time(impatient: None, address: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = address.format(silent.getsockname()[1])
        assert 0.25 < seconds(lambda: gives_up(url)) < 0.55


@pytest.mark.parametrize("begin", [b"", *HALVES])
def test_a_server_that_drips_before_it_has_answered_is_left_in_time(
    counter: CounterServer, impatient: None, begin: bytes
) -> None:
    counter.behaves = drips(begin)
    assert 0.5 < seconds(lambda: gives_up(counter.url)) < 1.2


@pytest.mark.parametrize("ends", [says, lambda half: floods(half + b"x" * 65_000)], ids=["closes", "floods"])
@pytest.mark.parametrize("half", HALVES)
def test_half_a_header_is_no_answer(counter: CounterServer, ends: Callable[[bytes], Behaviour], half: bytes) -> None:
    counter.behaves = ends(half)
    with pytest.raises(requests.RequestException):
        post(counter.url, NOTICE, headers={})


@pytest.mark.parametrize("begin", [head(200), CHUNKED + b"ffff\r\n"])
def test_a_server_that_drips_a_body_is_left_in_time_and_has_answered(
    counter: CounterServer, impatient: None, begin: bytes
) -> None:
    counter.behaves = drips(begin)
    assert 0.5 < seconds(lambda: gets(counter, 200)) < 1.2


def test_a_server_that_drips_secretly_is_left_in_time(impatient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    maker = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    maker.issue_cert("localhost").configure_cert(context)
    with CounterServer(drips(b"HTTP/1.1 "), tls=context) as counter:
        with pytest.raises(requests.exceptions.SSLError):
            post(counter.url, NOTICE, headers={})
        assert counter.received == [], "who is not vouched for hears nothing"
        with maker.cert_pem.tempfile() as authority:
            monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", authority)
            assert 0.5 < seconds(lambda: gives_up(counter.url)) < 1.2
    assert len(counter.received) == 1


def test_a_name_of_many_addresses_takes_no_longer(impatient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as full, socket.create_server(("127.0.0.1", 0), backlog=0) as busy:
        address = busy.getsockname()
        for _ in range(4):
            waiting = full.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)] * 5
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        # The second is left when the time of all is over, and not its own.
        monkeypatch.setattr(outgoing, "ANSWERS_WITHIN", 0.5)
        assert 0.55 < seconds(lambda: gives_up(f"http://localhost:{address[1]}/")) < 0.9


@pytest.mark.parametrize(
    "endless",
    [
        floods(head(200)),
        floods(head(200, Content_Length=10 * 1024**3)),
        floods(head(200, Content_Length=10 * 1024**3, Content_Encoding="gzip"), gzip.compress(bytes(1024**2))),
        floods(CHUNKED + b"280000000\r\n"),
        floods(CHUNKED + b"-1\r\n"),
        floods(CHUNKED, b"1;" + b"x" * 60_000 + b"\r\nx\r\n"),
        floods(CHUNKED + b"0\r\n", b"Trailer: x\r\n" * 5000),
        floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2000),
        floods(b"HTTP/1.1 200 OK\r\n", b"Header: x\r\n" * 5000),
        floods(b"HTTP/1.1 200 OK\r\nHeader: "),
        floods(b"HTTP/1.1 200 "),
    ],
    ids=["close", "length", "gzip", "chunk", "negative", "extensions", "trailer", "100", "headers", "header", "status"],
)
def test_of_10_gb_little_is_read(counter: CounterServer, impatient: None, endless: Behaviour) -> None:
    counter.behaves = endless
    with suppress(requests.RequestException):
        post(counter.url, NOTICE, headers={})
    counter.stop()
    assert counter.taken < LITTLE


def test_nothing_is_left_running(counter: CounterServer) -> None:
    before = threading.active_count()
    for _ in range(5):
        post(counter.url, NOTICE, headers={})
    wait_until(lambda: threading.active_count() <= before, seconds=2, what="the end of what watched the time")
