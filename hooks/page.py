"""Which part of a list is asked for, and of which items."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import falcon

from hooks.form import Reader, read_fields, shown_again
from hooks.query import FiltersRule, once, parsed, whole
from models.bodies import Filters
from models.errors import Invalid

LONGEST_PAGE = 200
# What a person looks through at a time.
SHORTER_PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Page:
    """Up to `limit` items from just after `cursor`; `count` asks for how many there are.

    Every list is in the order of one whole number, which is where its cursor points.
    """

    limit: int
    cursor: int | None
    count: bool


def page(
    req: falcon.Request,
    resp: falcon.Response,
    resource: object,
    params: dict[str, Any],
    kind: type[Filters] | None = None,
    rule: FiltersRule | None = None,
) -> None:
    """Hand over the `page`, and the `filters` of a kind; Invalid names every parameter that is wrong or unknown.

    *rule* is asked who may give which, before anything is said about their values.
    """
    _hand_over(req.params, params, kind, rule)


def page_of_form(
    req: falcon.Request,
    resp: falcon.Response,
    resource: Any,
    params: dict[str, Any],
    kind: type[Filters],
    rule: FiltersRule | None = None,
    **readers: Reader,
) -> None:
    """The same for a page with a form of filters, where an empty field asks for nothing; shown again if it is wrong."""
    typed = {name: text for name, text in req.params.items() if text != ""}
    shown_again(req, resp, resource, params, {name: text for name, text in typed.items() if isinstance(text, str)})
    values, unread = read_fields(typed, readers)
    if unread:
        raise Invalid(unread)
    asked = {"limit": str(SHORTER_PAGE), **values}
    _hand_over(asked, params, kind, rule)
    req.context.asked = asked  # as the API would be asked


def _hand_over(
    given: Mapping[str, Any], params: dict[str, Any], kind: type[Filters] | None, rule: FiltersRule | None
) -> None:
    if rule is not None:
        rule(params["actor"], given.keys())
    faults: dict[str, str] = {}
    values: dict[str, Any] = {}
    for name, (read, default, sentence) in READERS.items():
        try:
            values[name] = read(once(given[name])) if name in given else default
        except ValueError:
            faults[name] = sentence
    filters, others = parsed({name: each for name, each in given.items() if name not in READERS}, kind or Filters)
    if faults or others:
        raise Invalid(faults | others)
    params["page"] = Page(**values)
    if kind is not None:
        params["filters"] = filters


def _limit(given: str) -> int:
    if not 1 <= (limit := whole(given)) <= LONGEST_PAGE:
        raise ValueError
    return limit


def _flag(given: str) -> bool:
    if given not in ("true", "false"):
        raise ValueError
    return given == "true"


READERS: dict[str, tuple[Callable[[str], Any], Any, str]] = {
    "limit": (_limit, LONGEST_PAGE, f"Give a whole number from 1 to {LONGEST_PAGE}."),
    "cursor": (whole, None, "Take it from the next link of the page before."),
    "count": (_flag, False, "Give true or false."),
}
