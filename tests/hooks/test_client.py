"""Where a request comes from."""

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from falcon import Request
from falcon.testing import create_environ

from hooks.client import address
from models.stores import opened
from settings import Settings
from tests.client import Client
from tests.people import Person

PROXIES = "10.0.0.0/8,192.0.2.1,2001:db8:1::/48"


@pytest.fixture
def proxies(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxies that are trusted: PROXIES, or what the test names."""
    named = getattr(request, "param", PROXIES)
    settings = Settings.from_env({"DATA_DIR": str(tmp_path), "TRUSTED_PROXIES": named})
    monkeypatch.setattr(opened, "settings", settings, raising=False)


def seen(peer: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return address(Request(create_environ(remote_addr=peer, headers=headers)))


@pytest.mark.parametrize("proxies", [""], indirect=True)
@pytest.mark.parametrize("forwarded", ["198.51.100.7", "127.0.0.1", "10.0.0.1, 10.0.0.2", "nonsense", ""])
def test_without_trusted_proxies_what_is_forwarded_is_ignored(proxies: None, forwarded: str) -> None:
    assert seen("203.0.113.9", forwarded) == "203.0.113.9"


@pytest.mark.parametrize(
    ("peer", "forwarded", "nearest"),
    [
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7, 192.0.2.1", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1,198.51.100.7 ,10.9.9.9,192.0.2.1", "198.51.100.7"),
        ("10.0.0.1", "10.0.0.2, 10.0.0.3", "10.0.0.2"),
        ("10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
        ("10.0.0.1", "[2001:db8:2::7]:4711", "2001:db8:2::7"),
        ("10.0.0.1", "198.51.100.7,", "198.51.100.7"),
        ("10.0.0.1", ", 198.51.100.7 , ,", "198.51.100.7"),
        ("10.0.0.1", "fe80::1%" + "a" * 3000, "fe80::1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", " , ,", "10.0.0.1"),
        ("2001:db8:1::5", "2001:db8:2::7", "2001:db8:2::7"),
        ("2001:db8:1::5", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "2001:db8:2::7, 2001:db8:1::9", "2001:db8:2::7"),
    ],
)
def test_behind_trusted_proxies_the_nearest_other_address_is_taken(
    proxies: None, peer: str, forwarded: str | None, nearest: str
) -> None:
    assert seen(peer, forwarded) == nearest


@pytest.mark.parametrize("peer", ["203.0.113.9", "2001:db8:2::1", "192.0.2.2"])
def test_what_somebody_else_forwards_is_ignored(proxies: None, peer: str) -> None:
    assert seen(peer, "198.51.100.7") == peer


@pytest.mark.parametrize("nonsense", ["unknown", "_hidden", "1.2.3", "<script>", "198.51.100.7:", "[198.51.100.7"])
def test_what_is_no_address_is_never_taken(proxies: None, nonsense: str) -> None:
    assert seen("10.0.0.1", nonsense) == "10.0.0.1"
    assert seen("10.0.0.1", f"{nonsense}, 198.51.100.7") == "198.51.100.7"
    assert seen("10.0.0.1", f"198.51.100.7, {nonsense}") == "10.0.0.1"


def test_ipv4_on_a_socket_for_both_is_ipv4(proxies: None) -> None:
    assert seen("::ffff:203.0.113.9") == "203.0.113.9"
    assert seen("::ffff:10.0.0.1", "198.51.100.7") == "198.51.100.7"
    assert seen("10.0.0.1", "1.1.1.1, ::ffff:198.51.100.7, ::ffff:10.0.0.2") == "198.51.100.7"


def test_a_session_remembers_the_address_and_the_browser(
    api: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = replace(opened.settings, trusted_proxies=(ip_network("127.0.0.0/8"),))
    monkeypatch.setattr(opened, "settings", trusting)
    headers = {"X-Forwarded-For": "6.6.6.6, 2001:db8:2::7", "User-Agent": "Browser/1"}
    environ = {"REMOTE_ADDR": "127.0.0.1"}
    given = {"username": "alice", "password": alice.password}
    made = api.post_json("/auth", given, headers=headers, extra_environ=environ, status=201)
    session = api.get(made.headers["Location"], headers=alice.headers, status=200).json
    assert (session["ip"], session["user_agent"]) == ("2001:db8:2::7", "Browser/1")
