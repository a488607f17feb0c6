"""Idempotency-Key: a request that may be sent again and is done once."""

import re
from typing import Any

import falcon
import msgspec

from models.errors import Invalid
from models.idempotency import Once

LONGEST_KEY = 255
KEY = re.compile(rf"^[\x21-\x7e]{{1,{LONGEST_KEY}}}$")


def idempotent(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> None:
    """Hand over `once`, for the verb; comes after `body`, which is what the key stands for."""
    key = req.get_header("Idempotency-Key")
    if key is not None and not KEY.fullmatch(key):
        raise Invalid({"Idempotency-Key": f"Give 1 to {LONGEST_KEY} visible characters of ASCII, without spaces."})
    params["once"] = Once(
        by=params["actor"],
        key=key,
        request=msgspec.json.encode([req.method, req.uri_template, params["body"]]),
    )
