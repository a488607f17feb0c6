"""The cookie that a browser keeps its session in: sent by itself, so `csrf` looks at what comes with it."""

import falcon

from hooks.client import over_tls


def token(req: falcon.Request) -> str:
    """The token in the cookie; empty where there is none."""
    return req.cookies.get(_name(req), "")


def keep(req: falcon.Request, resp: falcon.Response, given: str, *, seconds: int) -> None:
    """Have the browser keep a token, so long."""
    resp.set_cookie(_name(req), given, max_age=seconds, path="/", secure=over_tls(req), http_only=True, same_site="Lax")


def forget(req: falcon.Request, resp: falcon.Response) -> None:
    """Have the browser forget its token."""
    keep(req, resp, "", seconds=0)


def _name(req: falcon.Request) -> str:
    # A browser takes __Host- from this very host alone, and over TLS alone: no neighbour can plant one.
    return "__Host-session" if over_tls(req) else "session"
