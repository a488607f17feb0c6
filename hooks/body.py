"""JSON becomes a checked Struct, or a 400 that names every field at fault."""

import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar, get_args

import falcon
import msgspec

from hooks.auth import authenticated
from hooks.media import NotJSON, announces_body, decoded, is_json, read_body, undecoded
from models.bodies import Body
from models.errors import Invalid
from models.fields import without_leap_second
from models.user import User

Kind = TypeVar("Kind", bound=Body)
FieldsRule = Callable[[User, Any, Collection[str]], None]
# In seconds; a body that was there when it was asked for takes a thousandth.
AT_ONCE = 0.05
# In bytes, of JSON as it was sent: 64 KiB of `data`, with each of its characters written as an escape of six.
LARGEST_VALUE = 6 * 64 * 1024
NOTHING: Mapping[str, str] = MappingProxyType({})


def body(
    req: falcon.Request,
    resp: falcon.Response,
    resource: object,
    params: dict[str, Any],
    kind: Any,
    **rules: FieldsRule,
) -> None:
    """Hand over the `body`, of the kind that is named or of one of several, with all its fields right.

    A rule is asked whether the actor may give such fields to what was loaded under the rule's name,
    before anything is said about their values.
    """
    # Before the body is read: a client that sent `Expect: 100-continue` need not send it then.
    if not is_json(req) and (req.content_type or announces_body(req)):
        raise NotJSON("Send JSON, with `Content-Type: application/json`.")
    raw = arrived(req, resp, resource, params)
    for name, rule in rules.items():
        rule(params["actor"], params[name], undecoded(raw or b"{}").keys())
    params["body"] = parse(raw or b"{}", kind)


def arrived(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> bytes:
    """The bytes of the body; whoever took their time to send them is asked once more who they are."""
    started = time.monotonic()
    raw = read_body(req)
    if "actor" in params and time.monotonic() - started > AT_ONCE:
        # What has been revoked while they were sending is revoked.
        authenticated(req, resp, resource, params)
    return raw


def parse(raw: bytes, kind: type[Kind]) -> Kind:
    """Decode and check; Invalid names all fields at fault, not the first alone.

    Values that no field takes are not decoded, since 1 MB of them takes 0.1 s.
    """
    if len(raw) <= LARGEST_VALUE:
        # What msgspec refuses may have been given again, and the last counts.
        with suppress(msgspec.ValidationError):
            return decoded(raw, kind)
    document: dict[str, Any] = dict.fromkeys(given := undecoded(raw))
    unread: dict[str, str] = {}
    for name in given.keys() & names_of(kind):
        try:
            document[name] = _decoded_value(bytes(given[name]))
        except ValueError as fault:
            unread[name] = str(fault)
    return checked(document, kind, unread)


def _decoded_value(raw: bytes) -> Any:
    # Text is decoded in a thousandth of the time, and code may be long.
    if len(raw) > LARGEST_VALUE and not raw.startswith(b'"'):
        raise ValueError(f"Send {LARGEST_VALUE // 1024} KiB of JSON at most.")
    try:
        return decoded(raw, Any)
    except msgspec.ValidationError:
        raise ValueError("Send integers of 4,300 digits at most.") from None


def checked(document: Mapping[str, Any], kind: type[Kind], unread: Mapping[str, str] = NOTHING) -> Kind:
    """Make a body of a document; Invalid names all fields at fault, with those that could not even be read."""
    instants = fields_of(kind, datetime)
    readable = {name: without_leap_second(each) if name in instants else each for name, each in document.items()}
    found = {**faults(readable, kind), **unread}
    if found:
        raise Invalid(found)
    return msgspec.convert(readable, kind)


@cache
def fields_of(kind: Any, wanted: type) -> frozenset[str]:
    """The names of the fields that take a type among others; cached, since msgspec needs 40 µs for it."""
    fields = [each for one in kinds_of(kind) for each in msgspec.structs.fields(one)]
    return frozenset(each.encode_name for each in fields if _takes(each.type, wanted))


@cache
def names_of(kind: Any) -> frozenset[str]:
    """The names of all fields, and of the tag that tells several kinds apart."""
    fields = {each.encode_name for one in kinds_of(kind) for each in msgspec.structs.fields(one)}
    tags = {one.__struct_config__.tag_field or "" for one in kinds_of(kind)}
    return frozenset(fields | tags)


def _takes(type_: Any, wanted: type) -> bool:
    return type_ is wanted or any(_takes(part, wanted) for part in get_args(type_))


def kinds_of(kind: Any) -> tuple[type[Body], ...]:
    """The kinds of body that may come: one, or several that a tag tells apart."""
    return get_args(kind) or (kind,)


def faults(document: Mapping[str, Any], kind: Any) -> dict[str, str]:
    """What is wrong with each field of a document that is no such body; msgspec stops at the first."""
    tag = kinds_of(kind)[0].__struct_config__.tag_field
    if tag is not None:
        kinds = {each.__struct_config__.tag: each for each in kinds_of(kind)}
        given = document.get(tag)
        if not isinstance(given, str) or given not in kinds:
            return {tag: f"Give {' or '.join(map(str, kinds))}."}
        kind = kinds[given]
        document = {name: value for name, value in document.items() if name != tag}
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    found: dict[str, str] = {}
    for name, field in fields.items():
        if name in document:
            fault = _fault(document[name], field.type, kind.RULES.get(field.name))
            if fault:
                found[name] = fault
        elif field.required:
            found[name] = "This field is required."
    # Last, since an answer names the first faults alone.
    return found | {name: kind.UNKNOWN for name in document if name not in fields}


def _fault(value: Any, type_: Any, rule: Any) -> str | None:
    try:
        converted = msgspec.convert(value, type_)
        if rule is not None:
            rule(converted)
    except msgspec.ValidationError as error:
        choices = _choices(type_)
        return f"Give {' or '.join(choices)}." if choices else f"{str(error).replace('`', '')}."
    except ValueError as error:
        return str(error)
    return None


def _choices(type_: Any) -> list[str]:
    """What may stand where an enum is wanted, wherever it is in the type."""
    if isinstance(type_, type) and issubclass(type_, Enum):
        return [str(each) for each in type_]
    return [choice for part in get_args(type_) for choice in _choices(part)]
