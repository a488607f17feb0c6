"""Who is asking: a token, by Authorization or in a browser's cookie, becomes the actor."""

from typing import Any

import falcon

from hooks import cookie, csrf
from hooks.client import address, authorization
from models import policy
from models.errors import NotSignedIn
from models.roles import Role
from models.session import Session
from models.user import User


def authenticated(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> None:
    """Hand over the `actor`, whose session is valid at this moment; NotSignedIn without one."""
    params["actor"] = _actor(req)


def identified(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> None:
    """Hand over the `actor`, or None where there is no valid session."""
    try:
        params["actor"] = _actor(req)
    except NotSignedIn:
        params["actor"] = None


def role(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any], needed: Role) -> None:
    """Let pass only actors of the role; comes after `authenticated`."""
    policy.need_role(params["actor"], needed)


def _actor(req: falcon.Request) -> User:
    scheme, token = authorization(req)
    by_cookie = scheme != "bearer"
    if by_cookie:
        token = cookie.token(req)
    actor = _bearer(req, token)
    if by_cookie and req.method not in csrf.SAFE:
        csrf.check(req, str(actor.session_id))
        # That may have taken the body to arrive: what has been revoked meanwhile is revoked.
        actor = _bearer(req, token)
    return actor


def _bearer(req: falcon.Request, token: str) -> User:
    if not token:
        raise NotSignedIn
    actor = Session.bearer(token)
    actor.address = address(req)
    req.context.actor_id = actor.id  # for the log line alone
    req.context.actor = actor  # for the page of a refusal alone
    return actor
