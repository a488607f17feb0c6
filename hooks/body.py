"""JSON becomes a checked Struct, or a 400 that names every field at fault."""

from typing import Any, TypeVar

import falcon
import msgspec

from hooks.media import NotJSON, decoded, decoded_object, is_json, read_body
from models.bodies import Body
from models.errors import Invalid

Kind = TypeVar("Kind", bound=Body)


def body(
    req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any], kind: type[Body]
) -> None:
    """Hand over the `body`, of the kind that is named, with all its fields right."""
    raw = read_body(req)
    if not is_json(req) and (raw or req.content_type):
        raise NotJSON("Send JSON, with `Content-Type: application/json`.")
    params["body"] = parse(raw or b"{}", kind)


def parse(raw: bytes, kind: type[Kind]) -> Kind:
    """Decode and check; Invalid names all fields at fault, not the first alone."""
    try:
        return decoded(raw, kind)
    except msgspec.ValidationError:
        document = decoded_object(raw)
    raise Invalid(faults(document, kind))


def faults(document: dict[str, Any], kind: type[Body]) -> dict[str, str]:
    """What is wrong with each field of a document that is no such body; msgspec stops at the first."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    found = {name: kind.UNKNOWN for name in document if name not in fields}
    for name, field in fields.items():
        if name in document:
            fault = _fault(document[name], field.type, kind.RULES.get(field.name))
            if fault:
                found[name] = fault
        elif field.required:
            found[name] = "This field is required."
    return found


def _fault(value: Any, type_: Any, rule: Any) -> str | None:
    try:
        converted = msgspec.convert(value, type_)
        if rule is not None:
            rule(converted)
    except msgspec.ValidationError as error:
        return f"{str(error).replace('`', '')}."
    except ValueError as error:
        return str(error)
    return None
