"""A server as it is found through the proxy that is shipped with it."""

from copy import copy
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from api.middleware import SECURITY_HEADERS
from tests.services.caddy import Proxy
from tests.system.server import Server

ROOT_PASSWORD = "root's long password"


@dataclass(frozen=True)
class Proxied:
    """A server, and the same one as clients of the proxy find it."""

    server: Server
    site: Server


def seen_through(proxy: Proxy, server: Server) -> Server:
    """The server under the address of the proxy."""
    seen = copy(server)
    seen.url, seen.port, seen.verify = proxy.url, proxy.port, proxy.verify
    return seen


def ask_from(address: str, url: str, **options: Any) -> requests.Response:
    """POST from one of this machine's many addresses."""
    with requests.Session() as session:
        session.mount("http://", _From(address))
        return session.post(url, timeout=10, **options)


class _From(HTTPAdapter):
    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, source_address=(self._address, 0))


def problem_of(answer: requests.Response) -> tuple[str, int]:
    """Which problem the proxy answers with, and its status, if it is one as the API's are."""
    assert SECURITY_HEADERS.items() <= answer.headers.items()
    assert "Server" not in answer.headers
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "request_id"}
    assert problem["request_id"] == answer.headers["X-Request-ID"]
    assert problem["status"] == answer.status_code
    assert ("Retry-After" in answer.headers) == (answer.status_code >= 500)
    return problem["type"], answer.status_code
