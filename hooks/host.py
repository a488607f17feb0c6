"""The `Host` header: whether it is valid, and whether it names this machine itself."""

import ipaddress
import re
from contextlib import suppress
from urllib.parse import urlsplit

import falcon

from models.errors import AerieError

# A name or an IPv4 address, or an IPv6 address in brackets; then a port. RFC 3986 allows more in a name, which no host
# has.
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._~-]{1,255}))(?::(\d{0,5}))?", re.ASCII)
_HIGHEST_PORT = 65535


class BadHost(AerieError):
    """The header Host is missing, or names no host."""

    def __init__(self) -> None:
        super().__init__("Send one header Host with the name and the port that you connect to.")


def check_host(req: falcon.Request) -> None:
    """Raise BadHost unless the request names its host (RFC 9112, section 3.2); HTTP/1.0 need not."""
    given = req.get_header("Host")
    if given is None and req.env.get("SERVER_PROTOCOL") == "HTTP/1.0":
        return
    target = req.env.get("RAW_URI", "")
    if given is not None and not target.startswith("/") and "://" in target:
        # An absolute-form target overrides Host.
        req.env["HTTP_HOST"] = given = urlsplit(target).netloc
    if _name(given or "") is None:
        raise BadHost


def names_loopback(req: falcon.Request) -> bool:
    """Whether Host is `localhost` or a loopback address, which no page of another site can be at."""
    name = _name(req.get_header("Host") or "")
    if name is None:
        return False
    with suppress(ValueError):
        return ipaddress.ip_address(name).is_loopback
    return name.lower() == "localhost"


def _name(given: str) -> str | None:
    """The name or the address in a Host; None if it is invalid."""
    found = _HOST.fullmatch(given)
    if found is None or int(found[3] or 0) > _HIGHEST_PORT:
        return None
    if found[1] is None:
        return found[2]
    with suppress(ValueError):
        return str(ipaddress.IPv6Address(found[1]))
    return None
