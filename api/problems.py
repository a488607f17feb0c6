"""The one place that turns errors into problem+json (RFC 9457)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import falcon
import msgspec

import logs
from api.faults import named
from api.problem_kinds import BAD_REQUEST, BY_ERROR, BY_STATUS, INTERNAL, MEDIA_TYPE, Problem
from hooks import media
from incoming import HAD_SHARE
from models import errors
from models.stores import DATABASE_FAULTS, drop_connection
from resources import refused


class ProblemDocument(msgspec.Struct, omit_defaults=True, kw_only=True):
    """Every error answer; `errors` names the fields at fault where there are any: the first 20, and how many more."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list["FieldFault"] = []


class FieldFault(msgspec.Struct):
    """A field and what is wrong with it."""

    field: str
    message: str


def install(app: falcon.App[Any, Any]) -> None:
    """Have *app* say every error this way."""
    app.add_error_handler(Exception, _on_the_unexpected)
    app.add_error_handler(falcon.HTTPError, _on_http_error)
    app.add_error_handler(DATABASE_FAULTS, _on_database_fault)
    app.add_error_handler(errors.AerieError, _on_domain_error)


def _on_domain_error(
    req: falcon.Request, resp: falcon.Response, error: errors.AerieError, params: dict[str, Any]
) -> None:
    if isinstance(error, errors.NotSignedIn) and refused.as_pages(req):
        refused.to_the_entrance(req, resp)
        return
    problem = next(BY_ERROR[kind] for kind in type(error).__mro__ if kind in BY_ERROR)
    if problem.status == 401:
        resp.set_header("WWW-Authenticate", "Bearer")
    if isinstance(error, media.Encoded):
        resp.set_header("Accept-Encoding", "identity")
    if isinstance(error, errors.ComeBackLater):
        resp.set_header("Retry-After", str(error.retry_after))
        req.env[HAD_SHARE] = error.HAD_SHARE
    _say(req, resp, problem, str(error), named(error.fields))


def _on_http_error(req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError, params: dict[str, Any]) -> None:
    resp.set_headers(error.headers or {})
    problem = BY_STATUS.get(error.status_code, BAD_REQUEST)
    _say(req, resp, problem, problem.meaning)


def _on_database_fault(req: falcon.Request, resp: falcon.Response, error: Exception, params: dict[str, Any]) -> None:
    drop_connection()
    logs.warning("database fault", fault=type(error.__cause__ or error).__name__)
    _on_domain_error(req, resp, errors.Unavailable(), params)


def _on_the_unexpected(req: falcon.Request, resp: falcon.Response, error: Exception, params: dict[str, Any]) -> None:
    logs.failure("unexpected error", error)
    req.context.again = None  # it may be that page which fails
    _say(req, resp, INTERNAL, INTERNAL.meaning)


def _say(
    req: falcon.Request,
    resp: falcon.Response,
    problem: Problem,
    detail: str,
    faults: Mapping[str, str] = MappingProxyType({}),
) -> None:
    resp.status = falcon.code_to_http_status(problem.status)
    if refused.as_pages(req):
        refused.refuse(req, resp, title=problem.title, status=problem.status, detail=detail, faults=faults)
        return
    resp.content_type = MEDIA_TYPE
    resp.data = _encoded(problem, detail, faults)


def said(status: int) -> bytes:
    """The document of a problem that has this status, for what was refused before it was a request."""
    problem = BY_STATUS[status]
    return _encoded(problem, problem.meaning)


def _encoded(problem: Problem, detail: str, faults: Mapping[str, str] = MappingProxyType({})) -> bytes:
    return msgspec.json.encode(
        ProblemDocument(
            type=f"/problems/{problem.slug}",
            title=problem.title,
            status=problem.status,
            detail=detail,
            request_id=logs.current_request_id(),
            errors=[FieldFault(field, message) for field, message in faults.items()],
        )
    )
