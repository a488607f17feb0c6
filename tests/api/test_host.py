"""Which hosts a request may name, and that it names one."""

from typing import Any

import pytest

from tests.people import Person
from tests.security.asking import ask
from tests.security.hostile_forms import HOSTS, OTHER_HOSTS

pytestmark = pytest.mark.usefixtures("stores")


@pytest.mark.parametrize("host", [host for host in HOSTS if host not in OTHER_HOSTS], ids=ascii)
def test_a_host_that_is_none_is_400(app: Any, root: Person, host: str) -> None:
    for protocol in ("HTTP/1.1", "HTTP/1.0"):
        environ = {"HTTP_HOST": host, "SERVER_PROTOCOL": protocol}
        for target in ("/users", "/livez", "/nowhere"):
            answer = ask(app, "GET", target, headers=root.headers, environ=environ)
            assert (answer.status, answer.json["type"]) == (400, "/problems/bad-request")


@pytest.mark.parametrize(
    "host",
    [*OTHER_HOSTS, "aerie.example", "AERIE.example:8000", "aerie_api:8000", "192.0.2.1", "[2001:DB8::1]:443", "a~b"],
)
def test_a_host_that_is_one_is_served(app: Any, host: str) -> None:
    assert ask(app, "GET", "/livez", environ={"HTTP_HOST": host}).status == 200


def test_a_request_names_its_host_but_for_one_of_http_1_0(app: Any) -> None:
    unnamed = {"HTTP_HOST": None}
    for target, method in (("/livez", "GET"), ("/livez", "HEAD"), ("/livez", "OPTIONS"), ("/nowhere", "GET")):
        assert ask(app, method, target, environ=unnamed).status == 400
    assert "Host" in ask(app, "GET", "/livez", environ=unnamed).json["detail"]
    assert ask(app, "GET", "/livez", environ=unnamed | {"SERVER_PROTOCOL": "HTTP/1.0"}).status == 200
    page = ask(app, "GET", "/admin/login", environ=unnamed)
    assert (page.status, page.headers["content-type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://localhost/metrics", 200),
        ("http://evil.example/metrics", 403),
        ("http://user@localhost/metrics", 400),
        ("http:///metrics", 400),
        ("http://local host/metrics", 400),
    ],
)
def test_the_authority_of_an_absolute_target_comes_in_place_of_host(app: Any, target: str, status: int) -> None:
    environ = {"RAW_URI": target, "HTTP_HOST": "localhost"}
    assert ask(app, "GET", "/metrics", environ=environ).status == status
    assert ask(app, "GET", "/metrics", environ=environ | {"HTTP_HOST": None}).status == 400
