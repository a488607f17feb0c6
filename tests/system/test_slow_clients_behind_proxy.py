"""Clients that stall at the proxy, in whatever way, hold nobody up."""

import contextlib
import socket
import time
from functools import partial

from tests.services.processes import wait_until
from tests.system.proxied import ROOT_PASSWORD, Proxied
from tests.system.test_slow_clients import BEGINNINGS, dripping

# What a slow reader asks for: more than any kernel holds for it.
LARGE_RESULTS = 8


def test_half_sent_requests_and_slow_readers_hold_nobody_up(proxied: Proxied) -> None:
    """R31"""
    site = proxied.site
    token = site.log_in("root", ROOT_PASSWORD)
    _make_a_long_list(proxied, token)
    reading = f"GET /tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    with contextlib.ExitStack() as stack:
        for sent in [*BEGINNINGS.values()] * 200 + [reading] * 20:
            stack.enter_context(_begin(site.port, sent))
        stack.enter_context(dripping([stack.enter_context(_begin(site.port, sent)) for sent in BEGINNINGS.values()]))
        for _ in range(8):
            for path, given in (("/livez", None), ("/user/root", token)):
                started = time.monotonic()
                assert site.call("GET", path, given).status_code == 200
                assert time.monotonic() - started < 1
            time.sleep(0.5)


def _make_a_long_list(proxied: Proxied, token: str) -> None:
    for _ in range(LARGE_RESULTS):
        given = {"type": "javascript", "code": "'x'.repeat(1000000)"}
        task = proxied.site.call("POST", "/tasks", token, json=given).json()
        wait_until(partial(_has_succeeded, proxied, token, task["id"]), what="a long result")


def _has_succeeded(proxied: Proxied, token: str, task: str) -> bool:
    return bool(proxied.site.call("GET", f"/tasks/{task}", token).json()["status"] == "succeeded")


def _begin(port: int, sent: bytes) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    client.sendall(sent)
    return client
