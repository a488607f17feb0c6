"""Who is asking: the bearer's token becomes the actor."""

from typing import Any

import falcon

from hooks.client import address
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
    scheme, _, token = (req.get_header("Authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn
    actor = Session.bearer(token.strip())
    actor.address = address(req)
    req.context.actor_id = actor.id  # for the log line alone
    return actor
