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
    if tags is None or "*" in tags:
        params["expected"] = ANY
    else:
        strong = (str(tag) for tag in tags if isinstance(tag, falcon.ETag) and not tag.is_weak)
        params["expected"] = Expected(frozenset(strong))
