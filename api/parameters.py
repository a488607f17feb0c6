"""The parameters of an operation, for the OpenAPI document: what its path names, and what its hooks read."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from api.answers import REF, Answer, shows_version
from hooks.idempotency import KEY
from hooks.page import LONGEST_PAGE, Page
from hooks.prefer import LONGEST_WAIT, Patience
from models.fields import LARGEST_ID
from models.idempotency import Once

PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_ETAG = r'(W/)?"[!#-~]*"'
# As RFC 9110 has it; hooks/conditional.py takes more, and refuses what could be meant for no condition.
_ETAGS = rf"^(\*|{_ETAG}( *, *{_ETAG})*)$"
_PATH_SCHEMAS = {
    "": {"type": "string"},
    "uuid": {"type": "string", "format": "uuid"},
    "id": {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
}
_PAGE_SCHEMAS = {
    "limit": {
        "type": "integer",
        "minimum": 1,
        "maximum": LONGEST_PAGE,
        "default": LONGEST_PAGE,
        "description": "How many a page.",
    },
    "cursor": {
        "type": "integer",
        "minimum": 0,
        "maximum": LARGEST_ID,
        "description": "Where the page begins, as the one before says in next.",
    },
    "count": {"type": "boolean", "default": False, "description": "Whether to say how many there are in all."},
}


def in_path(path: str) -> list[dict[str, Any]]:
    """What stands in braces in a path of the routes."""
    return [
        {"name": name, "in": "path", "required": True, "schema": _PATH_SCHEMAS[kind]}
        for name, kind in PARAMETER.findall(path)
    ]


def in_query(hints: dict[str, Any]) -> list[dict[str, Any]]:
    """What lists and filters take."""
    schemas: dict[str, Any] = dict(_PAGE_SCHEMAS) if hints.get("page") is Page else {}
    kind = hints.get("filters")
    if kind is not None:
        _, components = msgspec.json.schema_components([kind], ref_template=REF)
        schemas |= components[kind.__name__]["properties"]
    return [
        {"name": name, "in": "query", "description": schema.pop("description", name), "schema": schema}
        for name, schema in ((name, dict(schema)) for name, schema in schemas.items())
    ]


def in_headers(method: str, answers: Mapping[int, Answer], hints: dict[str, Any]) -> list[dict[str, Any]]:
    """What its hooks read of the headers."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    if "expected" in hints:
        found["If-Match"] = ("The ETag of what you have read; 412 if it has changed meanwhile.", {"pattern": _ETAGS})
        found["If-None-Match"] = ("412 if what is there has this ETag; `*` has any.", {"pattern": _ETAGS})
    if shows_version(method, answers):
        found["If-None-Match"] = ("The ETag of what you have; 304 if it is still that.", {})
    if hints.get("once") is Once:
        found["Idempotency-Key"] = (
            "Whatever is sent with the same key within 24 hours is done once, and answered the same.",
            {"pattern": KEY.pattern},
        )
    if hints.get("patience") is Patience:
        found["Prefer"] = (f"`wait=N`: answer when it ends, or after N seconds, {LONGEST_WAIT} at most.", {})
    return [
        {"name": name, "in": "header", "description": text, "schema": {"type": "string", **limits}}
        for name, (text, limits) in found.items()
    ]
