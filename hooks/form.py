"""What a person filled in becomes the same checked bodies that the API takes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import falcon
import msgspec
from msgspec import UNSET

from hooks.body import arrived, checked
from hooks.csrf import FIELD
from hooks.media import Malformed, announces_body, decoded, is_form, read_form
from hooks.query import whole
from models.errors import Invalid
from models.fields import without_leap_second
from models.idempotency import Once
from models.secrecy import digests
from models.version import ANY, Expected

Reader = Callable[[Any], Any]
KEY, VERSION = "key", "version"
HOUSEKEEPING = frozenset({FIELD, KEY, VERSION})
_A_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True)
class Form:
    """A form as it is shown: what stands in its fields, what is wrong with each, and with all of it."""

    values: Mapping[str, Any] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""


BLANK = Form()


def form(
    req: falcon.Request, resp: falcon.Response, resource: Any, params: dict[str, Any], kind: Any, **readers: Reader
) -> None:
    """Hand over the `body`, of the kind that is named; a reader makes what the body takes of what was typed.

    Whatever refuses it from here on, the resource shows its page again, with what was typed and why not.
    """
    typed = _typed(req, resp, resource, params)
    values = {name: text for name, text in typed.items() if name not in HOUSEKEEPING}
    shown_again(req, resp, resource, params, values)
    document, unread = read_fields(values, readers)
    params["body"] = checked(document, kind, unread)


def form_once(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> None:
    """Hand over `once`, after `body`: the same form with the same in it, sent twice, is done once."""
    key = _typed(req, resp, resource, params).get(KEY)
    if key is not None and not _A_KEY.fullmatch(key):
        raise Invalid({KEY: "Open the page again; each form has a new one."})
    request = msgspec.json.encode([req.method, req.uri_template, params["body"]])
    # Whoever goes back and sends something else means something else.
    content = digests("form", request)[0]
    params["once"] = Once(by=params["actor"], key=key and f"form:{key}:{content}", request=request)


def form_expected(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> None:
    """Hand over what is `expected`: the version that the person had before them."""
    version = _typed(req, resp, resource, params).get(VERSION)
    params["expected"] = Expected(frozenset({version})) if version else ANY


def shown_again(
    req: falcon.Request, resp: falcon.Response, resource: Any, params: dict[str, Any], values: Mapping[str, Any]
) -> None:
    """Have any refusal of this request show the resource's page again, with the form as filled in.

    Where a right is missing, the page is for the actor as of now.
    """
    loaded = dict(params)

    def again(faults: Mapping[str, str], refusal: str, *, is_forbidden: bool) -> None:
        if is_forbidden and "actor" in loaded:
            loaded["actor"] = loaded["actor"].as_of_now()
        resource.show(req, resp, form=Form(values, faults, refusal), **loaded)

    req.context.again = again


def read_fields(typed: Mapping[str, Any], readers: Mapping[str, Reader]) -> tuple[dict[str, Any], dict[str, str]]:
    """What is meant by each field, without those that are empty and say nothing; and what can't be read."""
    document: dict[str, Any] = {}
    unread: dict[str, str] = {}
    for name, text in typed.items():
        # What an address names twice is refused where it is taken for what it is.
        read = readers.get(name, _as_it_is) if isinstance(text, str) else _as_it_is
        try:
            document[name] = read(text)
        except ValueError as fault:
            unread[name] = str(fault)
    return {name: value for name, value in document.items() if value is not UNSET}, unread


def optional(text: str) -> Any:
    """An empty field says nothing."""
    return text or UNSET


def or_none(text: str) -> str | None:
    """An empty field takes away what was there."""
    return text or None


def as_object(text: str) -> Any:
    """The object that the JSON in a field stands for; an empty field says nothing."""
    if not text.strip():
        return UNSET
    try:
        found = decoded(text.encode(), object)
    except Malformed as malformed:
        raise ValueError(str(malformed)) from None
    if not isinstance(found, dict):
        raise ValueError('Give a JSON object, like {"city": "Ghent"}.')
    return found


def as_id(text: str) -> str:
    """An id of something that has a number."""
    try:
        return str(whole(text))
    except ValueError:
        raise ValueError("Give a number, like 7.") from None


def as_number(text: str) -> float:
    """A number."""
    try:
        return msgspec.json.decode(text.strip(), type=int | float)
    except msgspec.DecodeError:
        raise ValueError("Give a number.") from None


def as_instant(text: str) -> Any:
    """A moment, in UTC unless it says otherwise; an empty field says nothing."""
    if not text.strip():
        return UNSET
    try:
        moment = datetime.fromisoformat(without_leap_second(text.strip()))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise ValueError("Give a time like 2026-02-28 13:30, in UTC, or with a zone of its own.") from None


def _typed(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> dict[str, str]:
    if announces_body(req) and not is_form(req):
        raise Malformed(f"Send what a form sends: {falcon.MEDIA_URLENCODED}.")
    arrived(req, resp, resource, params)
    pairs = read_form(req)
    typed = dict(pairs)
    if len(typed) < len(pairs):
        raise Invalid({name: "Give it once." for name, _ in pairs if [each for each, _ in pairs].count(name) > 1})
    # Browsers end the lines of what was typed with CR LF.
    return {name: text.replace("\r\n", "\n") for name, text in pairs}


def _as_it_is(text: Any) -> Any:
    return text
