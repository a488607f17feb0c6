"""What the API is behind the proxy that is shipped with it."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from hooks.media import LARGEST_BODY
from tests.services.caddy import caddy
from tests.services.processes import wait_until
from tests.system.browsers import PASSWORD, Curl, live_by_cookie
from tests.system.proxied import ROOT_PASSWORD, Proxied, ask_from, problem_of, seen_through

FORGED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
JSON = {"Content-Type": "application/json"}
ROOT = {"username": "root", "password": ROOT_PASSWORD}


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_browser_logs_in_with_the_origin_that_it_has(proxied: Proxied, tmp_path: Path, tls: bool) -> None:
    with caddy(f"127.0.0.1:{proxied.server.port}", tls=tls) as proxy:
        site = seen_through(proxy, proxied.server)
        live_by_cookie(Curl(site, tmp_path / "jar"), site, "__Host-session" if tls else "session")
        assert ("Strict-Transport-Security" in site.call("GET", "/").headers) == tls
        assert site.call("DELETE", "/user/alice", site.log_in("alice", PASSWORD)).status_code == 204


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"])
def test_a_client_has_its_own_address_whatever_it_claims(proxied: Proxied, address: str) -> None:
    token = ask_from(address, f"{proxied.site.url}/auth", json=ROOT, headers=FORGED).json()["token"]
    sessions = proxied.site.call("GET", "/auth/sessions", token).json()["items"]
    assert [each["ip"] for each in sessions if each["current"]] == [address]
    # A line is written when its answer has left.
    wait_until(lambda: f'"address":"{address}"' in proxied.server.log(), what="a line of that address in the log")
    assert FORGED["X-Forwarded-For"] not in proxied.server.log()


def test_the_throttle_counts_by_the_address_before_the_proxy(proxied: Proxied) -> None:
    url, wrong = f"{proxied.site.url}/auth", ROOT | {"password": "not this one"}
    for turn in range(10):
        forged = {"X-Forwarded-For": f"203.0.113.{turn + 10}"}
        assert ask_from("127.0.0.3", url, json=wrong, headers=forged).status_code == 401
    assert ask_from("127.0.0.3", url, json=wrong).status_code == 429
    assert ask_from("127.0.0.4", url, json=wrong).status_code == 401


def test_a_forged_host_makes_no_other_origin_ours(proxied: Proxied) -> None:
    url = f"{proxied.site.url}/admin/login"
    assert ask_from("127.0.0.1", url, data=ROOT, headers=FORGED | {"Origin": "https://evil.example"}).status_code == 403
    ours = ask_from("127.0.0.1", url, data=ROOT, headers=FORGED | {"Origin": proxied.site.url}, allow_redirects=False)
    assert ours.status_code == 303


def test_headers_pass_unchanged_and_no_software_is_named(proxied: Proxied) -> None:
    changing = {"date", "x-request-id", "connection", "server"}
    direct, through = [each.call("GET", "/livez").headers for each in (proxied.server, proxied.site)]
    assert {name.lower() for name in through} == {name.lower() for name in direct} - {"connection", "server"}
    assert all(value == direct[name] for name, value in through.items() if name.lower() not in changing)
    named = requests.get(f"{proxied.site.url}/livez", headers={"X-Request-ID": "req-7"}, timeout=10)
    assert named.headers["X-Request-ID"] == "req-7"


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/METRICS", "/%6detrics", "//metrics", "/a/../metrics"])
def test_metrics_are_not_for_the_public(proxied: Proxied, path: str) -> None:
    asked = requests.Request("GET", proxied.site.url).prepare()
    asked.url = proxied.site.url + path  # as it stands, where `requests` would tidy it up
    with requests.Session() as session:
        assert problem_of(session.send(asked, timeout=10)) == ("/problems/not-found", 404)


def test_bodies_that_are_too_large_are_413_by_the_api_or_without_length_by_the_proxy(proxied: Proxied) -> None:
    def send(body: Any) -> requests.Response:
        return requests.post(f"{proxied.site.url}/user", data=body, headers=JSON, timeout=10)

    def is_from_the_api(answer: requests.Response) -> bool:
        return answer.headers["X-Request-ID"] in proxied.server.log()

    assert send(b" " * LARGEST_BODY).status_code == send(iter([b" " * 65536] * 16)).status_code == 400
    answer = send(b" " * (LARGEST_BODY + 1))
    assert problem_of(answer) == ("/problems/body-too-large", 413)
    wait_until(partial(is_from_the_api, answer), what="logged by the API")
    for body in (iter([b" " * 65536] * 17), iter([b" " * 65536] * 32)):
        assert problem_of(send(body)) == ("/problems/body-too-large", 413)


def declared(size: int) -> bytes:
    return b" " * size


def chunked(size: int) -> Iterator[bytes]:
    return iter([b" " * 65_536] * (size // 65_536))


@pytest.mark.parametrize("size", [2_000_000, 3_200_000, 40_000_000])
@pytest.mark.parametrize("body", [declared, chunked])
def test_much_too_large_is_413_however_much_is_sent(
    proxied: Proxied, body: Callable[[int], bytes | Iterator[bytes]], size: int
) -> None:
    """Broken off on its way to the API, a request would break off the answer too, or take it away."""

    def send(_: int) -> tuple[str, int]:
        return problem_of(requests.post(f"{proxied.site.url}/user", data=body(size), headers=JSON, timeout=20))

    with ThreadPoolExecutor(8) as together:
        assert set(together.map(send, range(80))) == {("/problems/body-too-large", 413)}


def test_who_asks_first_whether_to_send_what_is_much_too_large_is_answered_at_once(proxied: Proxied) -> None:
    asked = b"POST /user HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection(("127.0.0.1", proxied.site.port), timeout=5) as client:
        client.sendall(asked)
        assert client.recv(65_536).startswith(b"HTTP/1.1 413 ")


def test_chunks_heads_conditions_and_waits_pass(proxied: Proxied) -> None:
    site = proxied.site
    body = iter([b'{"username": "chunk", ', f'"password": "{PASSWORD}"'.encode(), b"}"])
    assert requests.post(f"{site.url}/user", data=body, headers=JSON, timeout=10).json()["username"] == "chunk"
    named = {"Authorization": f"Bearer {site.log_in('chunk', PASSWORD)}"}
    head = requests.head(f"{site.url}/user/chunk", headers=named, timeout=10)
    assert (head.status_code, head.content) == (200, b"")
    known = named | {"If-None-Match": head.headers["ETag"]}
    assert requests.get(f"{site.url}/user/chunk", headers=known, timeout=10).status_code == 304
    delay, patient = {"type": "delay", "seconds": 2}, named | {"Prefer": "wait=30"}
    task = requests.post(f"{site.url}/tasks", json=delay, headers=patient, timeout=40)
    assert (task.status_code, task.json()["status"]) == (202, "succeeded")


def test_a_hundred_at_once_are_all_answered(proxied: Proxied) -> None:
    token = proxied.site.log_in(**ROOT)
    with ThreadPoolExecutor(100) as together:
        answers = list(together.map(lambda _: proxied.site.call("GET", "/user/root", token).status_code, range(100)))
    assert answers == [200] * 100
