"""The cookie that a browser keeps its session in: sent by itself, so `csrf` looks at what comes with it."""

from datetime import UTC, datetime
from typing import Any

import falcon

from hooks.client import over_tls


def token(req: falcon.Request) -> str:
    """The token in the cookie; empty where there is none."""
    return req.cookies.get(_name(req), "")


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
