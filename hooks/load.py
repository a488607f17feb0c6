"""The object that a path names, if the actor may have it."""

from collections.abc import Callable
from typing import Any

import falcon

from models.user import User


def load(
    req: falcon.Request,
    resp: falcon.Response,
    resource: object,
    params: dict[str, Any],
    name: str,
    **finders: Callable[[User, Any], Any],
) -> None:
    """Put the object in the place of the path's *name*; its finder raises Forbidden or NotFound."""
    given = params.pop(name)
    for argument, find in finders.items():
        params[argument] = find(params["actor"], given)
