"""If-Match: which version of the thing a change is meant for."""

from typing import Any

import falcon

from models.errors import Invalid
from models.version import ANY, Expected


def if_match(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> None:
    """Hand over what is `expected`, for the verb to check on the row it holds."""
    tags = req.if_match
    if tags is None and req.get_header("If-Match") is not None:
        # Not to be taken for no condition at all: whoever sends it relies on it.
        raise Invalid({"If-Match": "Give the ETag of what you have read, in its quotes."})
    named = [tag for tag in tags or () if isinstance(tag, falcon.ETag)]
    # A bare * is no ETag to Falcon, and a quoted one is.
    is_any = tags is None or len(named) < len(tags)
    params["expected"] = ANY if is_any else Expected(frozenset(str(tag) for tag in named if not tag.is_weak))
