"""Bytes that only a real socket can carry."""

import contextlib
import json
import socket
from functools import partial
from typing import Any

import pytest

from tests.services.processes import wait_until
from tests.system.server import Server
from tests.test_conventions import HEADERS

HEAD = b"POST /user HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
PLANTED = b"planted-4711"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"-5\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"0x5\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"3\r\nabcde\r\n0\r\n\r\n",
        CHUNKED + b"2;" + b"x" * 100_000 + b"\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"0" * 200_000 + b"2\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"2\r\n{}\r\n0\r\n\r\n",
        HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_it_is_refused_and_no_fault_of_ours(server: Server, sent: bytes) -> None:
    """R32: no 500, whatever the bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as client:
        client.sendall(sent)
        # Whoever sends more than is read before it is refused may find the connection reset.
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_WR)
        try:
            answer = _all_of(client)
        except ConnectionResetError:
            answer = b""
    if answer:
        _check_refusal(answer)
    assert "Traceback" not in server.log()
    assert '"event":"unexpected error"' not in server.log()


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", (400, "/problems/bad-request")),
        (b"GET /?password=" + PLANTED + b" \r\nHost: x\r\n\r\n", (400, "/problems/bad-request")),
        (b"GET /?" + PLANTED * 1000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", (414, "/problems/address-too-long")),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + PLANTED * 1000 + b"\r\n\r\n", (431, "/problems/header-too-large")),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + PLANTED + b" : y\r\n\r\n", (400, "/problems/bad-request")),
        (HEAD + b"Transfer-Encoding: " + PLANTED + b"\r\n\r\n", (501, "/problems/not-implemented")),
    ],
)
def test_what_is_no_request_is_refused_as_any_other_and_quoted_nowhere(
    server: Server, sent: bytes, refusal: tuple[int, str]
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as client:
        client.sendall(sent)
        answer = _all_of(client)
    document = _check_refusal(answer)
    assert (document["status"], document["type"]) == refusal
    wait_until(lambda: document["request_id"] in server.log(), what="its line in the log")
    assert PLANTED not in answer + server.log().encode()


def _all_of(client: socket.socket) -> bytes:
    return b"".join(iter(partial(client.recv, 65536), b""))


def _check_refusal(answer: bytes) -> dict[str, Any]:
    """It is a problem, with what every answer has."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *fields = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}
    document: dict[str, Any] = json.loads(body)
    assert headers.items() >= {name.lower(): value for name, value in HEADERS.items()}.items()
    assert (headers["content-type"], headers["x-request-id"]) == ("application/problem+json", document["request_id"])
    assert first.startswith(f"HTTP/1.1 {document['status']} ")
    assert 400 <= document["status"] < 500 or document["status"] == 501
    return document


@pytest.mark.parametrize("first", [b"GET /livez", b"HEAD /livez", b"POST /nope"])
@pytest.mark.parametrize("chunks", [b"zz\r\n", b"2;\x00\r\n{}\r\n0\r\n\r\n", b"2\r\n{}xx0\r\n\r\n"])
def test_one_request_has_one_answer_though_nobody_read_its_body(server: Server, first: bytes, chunks: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as client:
        client.sendall(first + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        client.shutdown(socket.SHUT_WR)
        assert _all_of(client).count(b"HTTP/1.1 ") == 1


def test_filters_as_long_as_they_may_be_go_into_one_address_and_longer_ones_are_refused(server: Server) -> None:
    name, password = "aerie-of-long-filters", "a long password of nobody's"
    assert server.call("POST", "/user", json={"username": name, "password": password}).status_code == 201
    token = server.log_in(name, password)
    # Of four bytes each, which percent-encoded are twelve.
    filters = {"username": "\U00010400" * 150, "email": "\U00010400" * 248 + "@b.com", "q": "\U00010400" * 254}
    answer = server.call("GET", "/users", token, params=filters)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")
    document = server.call("GET", "/openapi.json").json()
    longer = server.call("GET", "/users", token, params={"q": "x" * 8190})
    assert str(longer.status_code) in document["paths"]["/users"]["get"]["responses"]
    assert (longer.status_code, longer.json()["type"]) == (414, "/problems/address-too-long")
