"""Writes that come by cookie must come from our own pages: a browser sends its cookies whoever asks it to."""

import hmac
from contextlib import suppress
from typing import Any

import falcon

from hooks.client import origin, site
from hooks.media import Malformed, is_form, read_form
from models.errors import Forbidden
from models.secrecy import digests

FIELD, HEADER = "csrf_token", "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Forged(Forbidden):
    """It may be another site's doing that this person's browser asks for this."""


def same_origin(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> None:
    """Let pass only what a page of ours has sent; for log-in, which needs no session."""
    _check_origin(req)


def check(req: falcon.Request, session_id: str) -> None:
    """Raise Forged unless a write comes from a page of ours and carries the token of its session."""
    _check_origin(req)
    given = req.get_header(HEADER) or _field(req)
    if not any(hmac.compare_digest(given.encode(), token.encode()) for token in _tokens(session_id)):
        raise Forged(f"Open the page anew and send it from there; {FIELD} or {HEADER} is not of this session.")


def token_of(session_id: str) -> str:
    """What the pages of a session carry, and send back with each write."""
    return _tokens(session_id)[0]


def _check_origin(req: falcon.Request) -> None:
    if origin(req.get_header("Origin") or "") != site(req):
        raise Forged(f"Send it from a page of {site(req)}, with that as Origin; behind a proxy, set TRUSTED_PROXIES.")


def _tokens(session_id: str) -> list[str]:
    return digests("csrf", session_id.encode())


def _field(req: falcon.Request) -> str:
    with suppress(Malformed):
        return dict(read_form(req)).get(FIELD, "") if is_form(req) else ""
    return ""
