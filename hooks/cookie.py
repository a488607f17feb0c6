"""The cookie that a browser keeps its session in: sent by itself, so `csrf` looks at what comes with it."""

import re
from datetime import UTC, datetime
from typing import Any

import falcon

from hooks.client import over_tls

# What a JWT is made of. Falcon's `req.cookies` unquotes values, in quadratic time before Python 3.11.10 and 3.12.6.
_JWT = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)


def token(req: falcon.Request) -> str:
    """The token in the first cookie of our name; empty where there is none, or it is no token."""
    prefix = f"{_name(req)}="
    pairs = (pair.strip(" \t") for pair in (req.get_header("Cookie") or "").split(";"))
    given = next((pair.removeprefix(prefix) for pair in pairs if pair.startswith(prefix)), "")
    return given if _JWT.fullmatch(given) else ""


def keep(req: falcon.Request, resp: falcon.Response, given: str, *, seconds: int) -> None:
    """Have the browser keep a token, so long."""
    _set(req, resp, given, max_age=seconds)


def forget(req: falcon.Request, resp: falcon.Response) -> None:
    """Have the browser forget its token."""
    _set(req, resp, "", expires=datetime.fromtimestamp(0, UTC))


def _set(req: falcon.Request, resp: falcon.Response, value: str, **until: Any) -> None:
    resp.set_cookie(_name(req), value, path="/", secure=over_tls(req), http_only=True, same_site="Lax", **until)


def _name(req: falcon.Request) -> str:
    # A browser takes __Host- from this very host alone, and over TLS alone: no neighbour can plant one.
    return "__Host-session" if over_tls(req) else "session"
