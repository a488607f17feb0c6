"""One request to a server that is not ours: exactly what was to be sent, and to nobody else."""

import base64
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

import logs
from tests.services.counter import CounterServer, answers, head, says
from workers.outgoing import post

NOTICE = {"user": 1, "action": "create"}


@pytest.fixture
def counter() -> Iterator[CounterServer]:
    with CounterServer() as server:
        yield server


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """Leave the level and the handlers as they were."""
    root = logging.getLogger()
    level, handlers, threshold = root.level, root.handlers, logs._Threshold.level
    yield
    root.handlers, logs._Threshold.level = handlers, threshold
    root.setLevel(level)


def tell(server: CounterServer, url: str | None = None) -> tuple[int, Any]:
    return post(url or server.url, NOTICE, headers={"Idempotency-Key": "one"})


def test_it_sends_the_document_the_headers_and_no_more(counter: CounterServer) -> None:
    counter.behaves = answers(201, b"thanks", Answer="yes")
    status, headers = tell(counter, f"{counter.url}some/where?x=y%20z")
    assert (status, headers["answer"]) == (201, "yes")
    (request,) = counter.received
    assert (request.method, request.target) == ("POST", "/some/where?x=y%20z")
    assert request.body == b'{"user": 1, "action": "create"}'
    assert dict(request.headers) == {
        "Host": f"127.0.0.1:{counter.port}",
        "Content-Type": "application/json",
        "Content-Length": "31",
        "Idempotency-Key": "one",
        "User-Agent": "Aerie",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


@pytest.mark.parametrize("password", ["pass@word", "€ and ß"])
def test_a_password_in_the_address_is_sent_as_such(counter: CounterServer, password: str) -> None:
    tell(counter, counter.url.replace("//", f"//user:{quote(password)}@"))
    scheme, _, pair = counter.received[0].headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(pair).decode()) == ("Basic", f"user:{password}")
    assert counter.received[0].target == "/"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_not_followed(counter: CounterServer, status: int) -> None:
    with CounterServer() as elsewhere:
        counter.behaves = answers(status, Location=elsewhere.url)
        assert tell(counter)[0] == status
        assert (len(counter.received), elsewhere.received) == (1, [])


@pytest.mark.parametrize("status", [100, 102, 103])
def test_what_only_informs_is_no_answer(counter: CounterServer, status: int) -> None:
    counter.behaves = says(head(status, Link="</>") + head(202, Content_Length=0))
    assert tell(counter)[0] == 202


def test_no_cookie_comes_back(counter: CounterServer) -> None:
    counter.behaves = answers(200, Set_Cookie="session=abc; Path=/")
    for _ in range(2):
        tell(counter)
    assert [request.headers["Cookie"] for request in counter.received] == [None, None]


def test_no_proxy_and_no_password_of_the_surroundings_is_used(
    counter: CounterServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    passwords = tmp_path / "netrc"
    passwords.write_text("machine 127.0.0.1 login user password pass\n")
    monkeypatch.setenv("NETRC", str(passwords))
    assert requests.utils.get_netrc_auth(counter.url) == ("user", "pass"), "it would be found"
    with CounterServer() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert tell(counter)[0] == 200
        assert proxy.received == []
    assert counter.received[0].headers["Authorization"] is None


@pytest.mark.parametrize("level", ["info", "debug"])
def test_no_part_of_the_address_is_logged_whatever_the_answer(
    counter: CounterServer, capfd: pytest.CaptureFixture[str], logging_as_before: None, level: str
) -> None:
    logs.configure(level)
    address = counter.url.replace("//", "//user:hidden@") + "hidden/path?token=hidden"
    for answer in (head(200), b"HTTP/1.1 200 OK\r\nno header\r\n\r\n", b"nonsense\r\n"):
        counter.behaves = says(answer)
        with suppress(requests.RequestException):
            tell(counter, address)
    assert len(counter.received) == 3
    assert "hidden" not in capfd.readouterr().out
