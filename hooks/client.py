"""Where a request comes from, and where to: what the socket says, or a trusted proxy."""

import ipaddress
import re
from functools import lru_cache
from typing import Any

import falcon

from hooks.host import names_loopback
from models.login import Client
from models.stores import opened

# Some proxies name the port too: 192.0.2.1:4711 or [2001:db8::1]:4711.
_WITH_PORT = re.compile(r"([\d.]+):\d+|\[(.+)\](?::\d+)?")
_MARKS_OF_PROXIES = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_FORWARDED", "HTTP_X_REAL_IP")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> None:
    """Hand over the `client`."""
    params["client"] = Client(address=address(req), user_agent=req.user_agent or "")


def address(req: falcon.Request) -> str:
    """The nearest address that is none of TRUSTED_PROXIES; whatever stands before it may be forged."""
    if not opened.settings.trusted_proxies:
        return _written(req.remote_addr)
    nearest = _parsed(req.remote_addr)
    if nearest is None:
        return str(req.remote_addr)
    hops = [each.strip() for each in (req.get_header("X-Forwarded-For") or "").split(",")]
    for hop in reversed([each for each in hops if each]):
        before = _parsed(hop)
        if before is None or not _is_trusted(nearest):
            break
        nearest = before
    return str(nearest)


def authorization(req: falcon.Request) -> tuple[str, str]:
    """The scheme of the header Authorization, in small letters, and what follows it; both empty without one."""
    scheme, _, given = (req.get_header("Authorization") or "").partition(" ")
    return scheme.lower(), given.strip()


def is_local(req: falcon.Request) -> bool:
    """Whether the client is on this machine itself, and no proxy, trusted or not, has left its mark on the way.

    A page of another site can have its browser ask from here (DNS rebinding), but then Host names that site.
    """
    nearest = _parsed(req.remote_addr)
    passed_on = any(name.startswith(_MARKS_OF_PROXIES) for name in req.env)
    return nearest is not None and nearest.is_loopback and not passed_on and names_loopback(req)


def over_tls(req: falcon.Request) -> bool:
    """Whether the client speaks TLS: with us, or with a trusted proxy that says so in X-Forwarded-Proto."""
    forwarded = _forwarded(req, "X-Forwarded-Proto")
    return req.scheme == "https" or (forwarded or "").lower() == "https"


def site(req: falcon.Request) -> str:
    """Where the client has found us: scheme, host, and the port where it is not the scheme's own."""
    scheme = "https" if over_tls(req) else "http"
    return origin(f"{scheme}://{_forwarded(req, 'X-Forwarded-Host') or req.netloc}")


def origin(given: str) -> str:
    """The one way to write an origin: in small letters, without the port that its scheme has anyway."""
    written = given.lower()
    return written.removesuffix(":443" if written.startswith("https:") else ":80")


def _forwarded(req: falcon.Request, header: str) -> str | None:
    """What the first of several trusted proxies was asked for; None where there is none."""
    nearest = _parsed(req.remote_addr) if opened.settings.trusted_proxies else None
    if nearest is None or not _is_trusted(nearest):
        return None
    return (req.get_header(header) or "").partition(",")[0].strip() or None


def _is_trusted(hop: Address) -> bool:
    return any(hop in network for network in opened.settings.trusted_proxies)


@lru_cache(maxsize=1024)
def _written(given: str) -> str:
    """An address in the one way to write it; whatever else a socket says, as it says it."""
    return str(_parsed(given) or given)


@lru_cache(maxsize=1024)
def _parsed(given: str) -> Address | None:
    with_port = _WITH_PORT.fullmatch(given)
    try:
        found = ipaddress.ip_address(with_port[1] or with_port[2] if with_port else given)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv4Address):
        return found
    # A socket that listens on IPv6 names its IPv4 clients ::ffff:192.0.2.1. A zone is known on one machine alone.
    return found.ipv4_mapped or ipaddress.IPv6Address(int(found))
