"""If-Match and If-None-Match: which version of the thing a change is meant for."""

import re
from typing import Any

import falcon

from models.errors import Excluded, Invalid
from models.version import EVERY, Expected, Versions

_SENTENCE = "Give the ETag of what you have read, in its quotes."
_ETAG = r'(?:W/)?"[!#-~\x80-\xff]*"'
_ETAGS = re.compile(rf"\*|{_ETAG}(?:[ \t]*,[ \t]*{_ETAG})*")


def if_match(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> None:
    """Hand over what is `expected`, for the verb to check on the row it holds.

    If-Match compares strongly, If-None-Match weakly (RFC 9110, section 13.1).
    """
    for header in ("If-Match", "If-None-Match"):
        # Falcon accepts malformed ETags; they would match nothing.
        if not _ETAGS.fullmatch(req.get_header(header, default="*")):
            raise Invalid({header: _SENTENCE})
    params["expected"] = Expected(
        versions=_named(req, "If-Match", req.if_match, weak=False, without=EVERY),
        excluded=_named(req, "If-None-Match", req.if_none_match, weak=True, without=frozenset()),
    )


def if_absent(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> None:
    """Raise Excluded for `If-None-Match: *`; comes after `load`, where what is loaded has no versions."""
    if (req.get_header("If-None-Match") or "").strip() == "*":
        raise Excluded


def _named(req: falcon.Request, header: str, tags: list[Any] | None, *, weak: bool, without: Versions) -> Versions:
    """The versions that a header names; *without* the header, those."""
    if tags is None and req.get_header(header) is None:
        return without
    if tags is None:
        # Not to be taken for no condition at all: whoever sends it relies on it.
        raise Invalid({header: _SENTENCE})
    # A bare * is no ETag to Falcon, and a quoted one is.
    if not all(isinstance(tag, falcon.ETag) for tag in tags):
        return EVERY
    return frozenset(str(tag) for tag in tags if weak or not tag.is_weak)
