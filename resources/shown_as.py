"""How values are written on pages: moments, JSON, and the same question asked of the API with curl."""

import shlex
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from markupsafe import Markup

# In characters; what is longer is for the API to show.
LONGEST = 64 * 1024
LONGEST_LINE = 1000


def moment(value: datetime | None) -> Markup:
    """A time in UTC, to the second, and exactly for machines; a dash where there is none."""
    if value is None:
        return Markup("&ndash;")
    exactly, shortly = value.isoformat(), value.strftime("%Y-%m-%d %H:%M:%S")
    return Markup('<time datetime="{}">{} UTC</time>').format(exactly, shortly)


def json(value: Any) -> str:
    """JSON, a line for each thing in it; as it is where it is too deep, or would be too long, for that."""
    text = msgspec.json.encode(value).decode()
    try:
        indented = msgspec.json.format(text, indent=2)
    except RecursionError:
        return text
    return indented if len(indented) <= LONGEST else text


def cut(text: str) -> str:
    """A text to read, without what is too much of it."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n… and more; ask the API for all of it."


def line(text: str) -> str:
    """What was typed into a field of one line; no field takes as much as is cut off."""
    return text[:LONGEST_LINE]


def curl(path: str, site: str) -> str:
    """The same question, asked of the API."""
    return f'curl -H "Authorization: Bearer $TOKEN" {shlex.quote(site + path)}'


FILTERS: dict[str, Callable[..., Any]] = {"moment": moment, "json": json, "cut": cut, "line": line, "curl": curl}
