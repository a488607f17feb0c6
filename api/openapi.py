"""The OpenAPI 3.1 document, made from the routes, the responders' signatures and their docstrings.

A responder's arguments say what its hooks proved: `actor` that there is a session, `body` what it
takes, `page` that it is a list, `filters` what else may stand in its address, `expected` that it
honours If-Match, `once` Idempotency-Key and `patience` Prefer, `scraper` METRICS_TOKEN. api/answers.py reads the
docstrings.
"""

import inspect
import re
import typing
from collections.abc import Mapping
from typing import Any

import falcon
import msgspec

from api import example_documents, examples
from api.answers import REF, read_docstring, responses
from api.parameters import PARAMETER, in_headers, in_path, in_query
from api.problems import ProblemDocument
from hooks import csrf
from hooks.body import kinds_of
from models.account import Account, Card, Credentials, Deactivated
from models.audit.row import AuditDocument
from models.bodies import Body
from models.defect_document import DefectDocument
from models.notification_document import NotificationDocument
from models.session import Grant, SessionDocument
from models.task_kinds import TaskDocument
from models.user import User
from resources import Resource
from resources.auth import Revoked
from resources.docs import ProblemDescription
from resources.health import Liveness, Readiness
from resources.root import Greeting

COOKIE = "For browsers that logged in at /admin/login; over TLS its name is __Host-session."
CSRF = "Stands in the meta tag csrf-token of every page; the Origin must be this site's too."
METRICS = "METRICS_TOKEN, which is no session's; where none is set, who asks on the same machine needs nothing."
DESCRIPTION = """\
Accounts, sessions, long-running tasks, defects and an audit trail.

The examples are for `sh`, and run as they stand. `$TOKEN` is the `token` that `POST /auth` answers, of an admin where
the operation is for admins; `$TASK`, `$SESSION`, `$DEFECT` and the like are the `id` of one; `$ETAG` is what the last
answer about it carried, `$KEY` anything that you use once, and `$METRICS_TOKEN` what the service was started with.
`HEAD` answers as `GET` does, without a body.
"""
METHODS = ("get", "put", "post", "patch", "delete", "head", "options", "trace")
DOCUMENTS = {
    kind.__name__: kind
    for kind in (
        Account, AuditDocument, Card, Deactivated, DefectDocument, Grant, Greeting, Liveness, NotificationDocument,
        ProblemDescription, Readiness, Revoked, SessionDocument, TaskDocument,
    )
}  # fmt: skip


def document(routes: Mapping[str, Resource]) -> bytes:
    """Describe all routes, as JSON."""
    operations = {path: _operations(path, resource) for path, resource in routes.items()}
    bodies, filters = _taken(routes, "body"), _taken(routes, "filters")
    _, components = msgspec.json.schema_components(
        [*DOCUMENTS.values(), *bodies, *filters, ProblemDocument], ref_template=REF
    )
    for kind in filters:
        del components[kind.__name__]  # they stand parameter by parameter with their operations
    for name, found in example_documents.DOCUMENTS.items():
        components[name]["examples"] = found
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
                "description": DESCRIPTION,
                "license": {"name": "MIT", "identifier": "MIT"},
            },
            "servers": [{"url": "/"}],
            "tags": _tags(routes),
            "paths": {PARAMETER.sub(r"{\1}", path): found for path, found in operations.items()},
            "components": {
                "schemas": components,
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                    "basic": {"type": "http", "scheme": "basic"},
                    "cookie": {"type": "apiKey", "in": "cookie", "name": "session", "description": COOKIE},
                    "metrics": {"type": "http", "scheme": "bearer", "description": METRICS},
                    "csrf": {"type": "apiKey", "in": "header", "name": csrf.HEADER, "description": CSRF},
                },
            },
        }
    )


def operations_of(resource: Resource) -> dict[str, Any]:
    """The responders of a resource by method, as they were written, without the hooks around them."""
    found = {method: getattr(resource, f"on_{method}", None) for method in METHODS}
    return {method: inspect.unwrap(responder) for method, responder in found.items() if responder}


def tag(resource: Resource) -> str:
    """What the operations of a resource stand under: the module that it is from."""
    return type(resource).__module__.rpartition(".")[2]


def _taken(routes: Mapping[str, Resource], argument: str) -> list[type[Body]]:
    """Every kind of body, or of filters, that some responder takes."""
    responders = [responder for resource in routes.values() for responder in operations_of(resource).values()]
    hints = [typing.get_type_hints(responder) for responder in responders]
    taken = {kind for each in hints if argument in each for kind in kinds_of(each[argument])}
    return sorted(taken, key=lambda kind: kind.__name__)


def _tags(routes: Mapping[str, Resource]) -> list[dict[str, Any]]:
    """The modules of the resources, in the order of the routes, each with what it says of itself."""
    modules = {tag(resource): inspect.getmodule(type(resource)) for resource in routes.values()}
    return [{"name": name, "description": inspect.getdoc(module)} for name, module in modules.items()]


def _operations(path: str, resource: Resource) -> dict[str, Any]:
    found = operations_of(resource).items()
    return {method: {"tags": [tag(resource)]} | _operation(method, path, each) for method, each in found}


def _operation(method: str, path: str, responder: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(responder)
    summary, description, answers = read_docstring(responder)
    operation: dict[str, Any] = {
        "operationId": _operation_id(method, path),
        "summary": summary,
        "description": description,
        "parameters": in_path(path) + in_query(hints) + in_headers(method, answers, hints),
        "responses": responses(method, answers, hints, names_something=bool(PARAMETER.search(path))),
        "security": _security(method, hints),
    }
    body = hints.get("body")
    if body is not None:
        (schema,), _ = msgspec.json.schema_components([body], ref_template=REF)
        content = {"application/json": {"schema": schema}}
        if body is Credentials:
            content[falcon.MEDIA_URLENCODED] = dict(content["application/json"])
        # Credentials may come in the header instead.
        operation["requestBody"] = {"required": body is not Credentials, "content": content}
    examples.put_into(operation, method, PARAMETER.sub(r"{\1}", path))
    return operation


def _security(method: str, hints: dict[str, Any]) -> list[dict[str, list[str]]]:
    by_cookie: dict[str, list[str]] = {"cookie": []} if method.upper() in csrf.SAFE else {"cookie": [], "csrf": []}
    if "scraper" in hints:
        return [{}, {"metrics": []}]
    actor = hints.get("actor")
    if actor is User:
        return [{"bearer": []}, by_cookie]
    if actor is not None:
        return [{}, {"bearer": []}, by_cookie]
    return [{}, {"basic": []}] if hints.get("body") is Credentials else [{}]


def _operation_id(method: str, path: str) -> str:
    words = re.findall(r"\w+", PARAMETER.sub(r"by_\1", path))
    return "_".join([method, *words]) if words else f"{method}_root"
