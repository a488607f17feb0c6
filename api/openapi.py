"""The OpenAPI 3.1 document, made from the routes, the responders' signatures and their docstrings.

A responder's arguments say what its hooks proved: `actor` that there is a session, `body` what it
takes, `page` that it is a list. Its docstring is a summary, a description, and a line an answer:

    201 Account: the account; Location says where it is
"""

import inspect
import re
import typing
from collections.abc import Mapping
from typing import Any

import msgspec

from api.problems import ProblemDocument
from hooks.page import Page
from models.account import Account, Credentials
from models.bodies import Body
from models.session import Grant, SessionDocument
from models.user import User
from resources import Resource
from resources.auth import Revoked, SessionList
from resources.docs import ProblemDescription
from resources.health import Liveness, Readiness
from resources.root import Greeting

METHODS = ("get", "put", "post", "patch", "delete", "head", "options", "trace")
DOCUMENTS = {
    kind.__name__: kind
    for kind in (
        Account, Grant, Greeting, Liveness, ProblemDescription, Readiness, Revoked, SessionDocument, SessionList,
    )
}  # fmt: skip
_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_ANSWER = re.compile(r"^(\d{3})(?: (\w+))?: (.+)$")
_REF = "#/components/schemas/{name}"


def document(routes: Mapping[str, Resource]) -> bytes:
    """Describe all routes, as JSON."""
    operations = {path: _operations(path, resource) for path, resource in routes.items()}
    bodies = {kind for kind in map(_body_of, _responders(routes)) if kind is not None}
    _, components = msgspec.json.schema_components(
        [*DOCUMENTS.values(), *sorted(bodies, key=lambda kind: kind.__name__), ProblemDocument],
        ref_template=_REF,
    )
    for schema in components.values():
        # What we answer is listed by hand, as what we take is: nothing else is ever there.
        if schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Aerie",
                "version": "0.1.0",
                "description": "Accounts and sessions in one small service.",
                "license": {"name": "MIT", "identifier": "MIT"},
            },
            "servers": [{"url": "/"}],
            "paths": {_PARAMETER.sub(r"{\1}", path): found for path, found in operations.items()},
            "components": {
                "schemas": components,
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                    "basic": {"type": "http", "scheme": "basic"},
                },
            },
        }
    )


def operations_of(resource: Resource) -> dict[str, Any]:
    """The responders of a resource by method, as they were written, without the hooks around them."""
    found = {method: getattr(resource, f"on_{method}", None) for method in METHODS}
    return {method: inspect.unwrap(responder) for method, responder in found.items() if responder}


def _responders(routes: Mapping[str, Resource]) -> list[Any]:
    return [responder for resource in routes.values() for responder in operations_of(resource).values()]


def _operations(path: str, resource: Resource) -> dict[str, Any]:
    return {method: _operation(method, path, each) for method, each in operations_of(resource).items()}


def _operation(method: str, path: str, responder: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(responder)
    summary, description, answers = _read_docstring(responder)
    operation: dict[str, Any] = {
        "operationId": _operation_id(method, path),
        "summary": summary,
        "description": description or summary,
        "parameters": _parameters(path, hints),
        "responses": _responses(method, answers, path, hints),
        "security": _security(hints),
    }
    body = _body_of(responder)
    if body is not None:
        content = {"application/json": {"schema": _ref(body.__name__)}}
        if body is Credentials:
            content["application/x-www-form-urlencoded"] = content["application/json"]
        # Credentials may come in the header instead.
        operation["requestBody"] = {"required": body is not Credentials, "content": content}
    return operation


def _read_docstring(responder: Any) -> tuple[str, str, dict[int, tuple[str | None, str]]]:
    lines = inspect.cleandoc(responder.__doc__).splitlines()
    matches = [_ANSWER.match(line) for line in lines]
    answers = {int(match[1]): (match[2], match[3]) for match in matches if match}
    prose = [line for line, match in zip(lines, matches, strict=True) if not match]
    return prose[0].removesuffix("."), " ".join(line for line in prose[1:] if line), answers


def _responses(
    method: str, answers: dict[int, tuple[str | None, str]], path: str, hints: dict[str, Any]
) -> dict[str, Any]:
    shared: dict[int, tuple[str | None, str]] = {}
    if hints.keys() & {"actor", "body"}:
        shared[503] = (None, "a store can't be reached")
    if hints.get("actor") is User:
        shared[401] = (None, "there is no valid session")
        if _PARAMETER.search(path):
            shared |= {403: (None, "it is not yours"), 404: (None, "there is no such thing")}
    if "body" in hints:
        shared |= {
            400: (None, "fields are wrong, or the body is malformed"),
            408: (None, "the body did not arrive in time"),
            413: (None, "the body is larger than 1 MiB"),
            415: (None, "the body is not JSON"),
        }
    if "page" in hints:
        shared[400] = (None, "parameters are wrong")
    return {
        str(status): _answer(status, kind, text, with_content=method != "head")
        for status, (kind, text) in sorted((shared | answers).items())
    }


def _answer(status: int, kind: str | None, text: str, *, with_content: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": text[0].upper() + text[1:],
        "headers": {"X-Request-ID": {"schema": {"type": "string"}}},
    }
    for name in _HEADERS.get(status, ()):
        answer["headers"][name] = {"schema": {"type": "string"}}
    if not with_content or status == 204:
        return answer
    if kind is not None:
        answer["content"] = {"application/json": {"schema": _ref(kind)}}
    elif status >= 400:
        answer["content"] = {"application/problem+json": {"schema": _ref("ProblemDocument")}}
    else:
        answer["content"] = {"application/json": {"schema": {"type": "object"}}}
    return answer


_HEADERS = {201: ("Location",), 401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}


def _parameters(path: str, hints: dict[str, Any]) -> list[dict[str, Any]]:
    named = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"} | ({"format": kind} if kind else {}),
        }
        for name, kind in _PARAMETER.findall(path)
    ]
    if hints.get("page") is not Page:
        return named
    whole = {"type": "integer", "minimum": 1, "maximum": 200, "default": 200}
    asked = {"limit": whole, "cursor": {"type": "string"}, "count": {"type": "boolean", "default": False}}
    return named + [{"name": name, "in": "query", "schema": schema} for name, schema in asked.items()]


def _security(hints: dict[str, Any]) -> list[dict[str, list[str]]]:
    actor = hints.get("actor")
    if actor is User:
        return [{"bearer": []}]
    if actor is not None:
        return [{}, {"bearer": []}]
    return [{}, {"basic": []}] if hints.get("body") is Credentials else [{}]


def _body_of(responder: Any) -> type[Body] | None:
    body: type[Body] | None = typing.get_type_hints(responder).get("body")
    return body


def _operation_id(method: str, path: str) -> str:
    words = re.findall(r"\w+", _PARAMETER.sub(r"by_\1", path))
    return "_".join([method, *words]) if words else f"{method}_root"


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(name=name)}
