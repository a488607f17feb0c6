"""The one form that every single thing answers in, with the version it has."""

from collections.abc import Mapping
from typing import Any

import falcon

from models.version import version_of


def show(req: falcon.Request, resp: falcon.Response, document: Mapping[str, Any]) -> None:
    """Answer with a document and its ETag; a GET that names it in If-None-Match gets 304 and no body."""
    version = version_of(document)
    resp.etag = version
    if req.method in ("GET", "HEAD") and _is_known(req, version):
        resp.status = falcon.HTTP_304
    else:
        resp.media = document


def _is_known(req: falcon.Request, version: str) -> bool:
    # A bare * is no ETag to Falcon, and a quoted one is.
    return any(tag == version or not isinstance(tag, falcon.ETag) for tag in req.if_none_match or ())
