"""A name and a password, as JSON, as a form or as HTTP Basic: log-in takes all three."""

import base64
import binascii
from typing import Any

import falcon

from hooks.body import parse
from hooks.client import authorization
from hooks.media import Malformed, NotJSON, announces_body, is_form, is_json, read_body, read_form
from models.account import Credentials
from models.errors import Invalid


def credentials(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> None:
    """Hand over the credentials as `body`; the header wins where there is one."""
    scheme, encoded = authorization(req)
    if scheme == "basic":
        params["body"] = _from_basic(encoded)
    else:
        params["body"] = _from_body(req)


def _from_basic(encoded: str) -> Credentials:
    try:
        username, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        colon = ""
    if not colon:
        raise Malformed("Send `Authorization: Basic` with the base64 of `username:password` in UTF-8.")
    return Credentials(username=username, password=password)


def _from_body(req: falcon.Request) -> Credentials:
    if is_form(req):
        return _from_form(read_form(req))
    if not is_json(req) and (req.content_type or announces_body(req)):
        raise NotJSON("Send JSON, a form or HTTP Basic, and say which in Content-Type.")
    return parse(read_body(req) or b"{}", Credentials)


def _from_form(pairs: list[tuple[str, str]]) -> Credentials:
    names = [name for name, _ in pairs]
    wanted = ("username", "password")
    faults: dict[str, str] = {}
    for name in wanted:
        if names.count(name) != 1:
            faults[name] = "Give it once." if name in names else "This field is required."
    faults |= {name: Credentials.UNKNOWN for name in names if name not in wanted}
    if faults:
        raise Invalid(faults)
    return Credentials(**dict(pairs))
