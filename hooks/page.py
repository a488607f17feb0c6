"""Which part of a list is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import falcon

from models.errors import Invalid

LONGEST_PAGE = 200


@dataclass(frozen=True, kw_only=True)
class Page:
    """Up to `limit` items from just after `cursor`; `count` asks for how many there are."""

    limit: int
    cursor: int | None
    count: bool


def page(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> None:
    """Hand over the `page`; Invalid names every parameter that is wrong or unknown."""
    faults = {name: "There is no such parameter here." for name in req.params if name not in READERS}
    values: dict[str, Any] = {}
    for name, (read, default, sentence) in READERS.items():
        try:
            given = req.params.get(name)
            values[name] = default if given is None else read(_once(given))
        except ValueError:
            faults[name] = sentence
    if faults:
        raise Invalid(faults)
    params["page"] = Page(**values)


def _once(given: str | list[str]) -> str:
    if isinstance(given, list):
        raise ValueError
    return given


def _limit(given: str) -> int:
    if not 1 <= (limit := _whole(given)) <= LONGEST_PAGE:
        raise ValueError
    return limit


def _whole(given: str) -> int:
    if not (given.isascii() and given.isdigit() and len(given) < 20):
        raise ValueError
    return int(given)


def _flag(given: str) -> bool:
    if given not in ("true", "false"):
        raise ValueError
    return given == "true"


READERS: dict[str, tuple[Callable[[str], Any], Any, str]] = {
    "limit": (_limit, LONGEST_PAGE, f"Give a whole number from 1 to {LONGEST_PAGE}."),
    "cursor": (_whole, None, "Take it from the next link of the page before."),
    "count": (_flag, False, "Give true or false."),
}
