"""A name and a password, as JSON, as a form or as HTTP Basic: log-in takes all three."""

import base64
import binascii
from typing import Any
from urllib.parse import parse_qsl

import falcon

from hooks.body import parse
from hooks.media import Malformed, NotJSON, is_json, media_type, read_body
from models.account import Credentials
from models.errors import Invalid


def credentials(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> None:
    """Hand over the credentials as `body`; the header wins where there is one."""
    scheme, _, encoded = (req.get_header("Authorization") or "").partition(" ")
    if scheme.lower() == "basic":
        params["body"] = _from_basic(encoded)
    else:
        params["body"] = _from_body(req)


def _from_basic(encoded: str) -> Credentials:
    try:
        username, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        colon = ""
    if not colon:
        raise Malformed("Send `Authorization: Basic` with the base64 of `username:password` in UTF-8.")
    return Credentials(username=username, password=password)


def _from_body(req: falcon.Request) -> Credentials:
    raw = read_body(req)
    if media_type(req) == "application/x-www-form-urlencoded":
        return _from_form(raw)
    if not is_json(req) and (raw or req.content_type):
        raise NotJSON("Send JSON, a form or HTTP Basic, and say which in Content-Type.")
    return parse(raw or b"{}", Credentials)


def _from_form(raw: bytes) -> Credentials:
    try:
        pairs = parse_qsl(
            raw.decode(), keep_blank_values=True, strict_parsing=bool(raw), errors="strict", max_num_fields=10
        )
    except ValueError:
        raise Malformed("Send a well-formed form in UTF-8.") from None
    names = [name for name, _ in pairs]
    wanted = ("username", "password")
    faults = {name: Credentials.UNKNOWN for name in names if name not in wanted}
    for name in wanted:
        if names.count(name) != 1:
            faults[name] = "Give it once." if name in names else "This field is required."
    if faults:
        raise Invalid(faults)
    return Credentials(**dict(pairs))
