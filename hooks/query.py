"""The parameters of an address become a checked Struct, or a 400 that names every one at fault."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, TypeVar

import falcon
import msgspec

from hooks.body import faults, fields_of
from models.bodies import Filters
from models.errors import Invalid
from models.fields import LARGEST_ID, without_leap_second
from models.user import User

Kind = TypeVar("Kind", bound=Filters)
FiltersRule = Callable[[User, Collection[str]], None]


def query(
    req: falcon.Request,
    resp: falcon.Response,
    resource: object,
    params: dict[str, Any],
    kind: type[Filters],
    rule: FiltersRule,
) -> None:
    """Hand over the `filters`, of the kind that is named; Invalid names those that are wrong or unknown.

    The *rule* is asked who may give which, before anything is said about their values.
    """
    rule(params["actor"], req.params.keys())
    found, wrong = parsed(req.params, kind)
    if wrong:
        raise Invalid(wrong)
    params["filters"] = found


def parsed(given: Mapping[str, str | list[str]], kind: type[Kind]) -> tuple[Kind | None, dict[str, str]]:
    """The parameters, and what is wrong with each; None if anything is."""
    unread = {name: fault for name, value in given.items() if (fault := _fault(value))}
    numbers, instants = fields_of(kind, int), fields_of(kind, datetime)
    single: dict[str, Any] = {name: value for name, value in given.items() if name not in unread}
    single |= {name: _spelled(single[name]) for name in numbers & single.keys()}
    single |= {name: without_leap_second(single[name]) for name in instants & single.keys()}
    try:
        found = msgspec.convert(single, kind)
    except Invalid as invalid:
        return None, {**invalid.fields, **unread}
    except msgspec.ValidationError:
        return None, faults(single, kind) | unread
    return (None, unread) if unread else (found, {})


def once(given: str | list[str]) -> str:
    """The value of a parameter that must not be repeated; ValueError if it is."""
    if isinstance(given, list):
        raise ValueError
    return given


def whole(given: str) -> int:
    """A whole number in digits alone, that both databases keep; ValueError if it is none."""
    if not (given.isascii() and given.isdigit() and len(given) < 20):
        raise ValueError
    if (found := int(given)) > LARGEST_ID:
        raise ValueError
    return found


def _spelled(text: Any) -> Any:
    """The number that it spells, in the one way to write it; else the text."""
    try:
        return whole(text)
    except ValueError:
        return text


def _fault(value: str | list[str]) -> str | None:
    if isinstance(value, list):
        return "Give it once."
    # What Falcon puts in the place of bytes that are no UTF-8.
    return "Write it in UTF-8, percent-encoded." if "\ufffd" in value else None
