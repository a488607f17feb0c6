"""What a responder answers, for the OpenAPI document: as its docstring says, and what its hooks may say before it.

A docstring is a summary, a description, and a line an answer:

    201 Account: the account; Location says where it is
    200 [Account | Card]: one page of a list of these
    200 Account or a page: the account, as HTML for who would rather have that
    200 text: what is not JSON but lines of text
    404: there is no such thing
"""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.problem_kinds import MEDIA_TYPE
from hooks import csrf
from models.user import User
from resources.paging import COUNTED_AT_MOST

REF = "#/components/schemas/{name}"
# What is shown with an ETag; see resources/versioned.py.
VERSIONED = frozenset({"Account", "Card", "DefectDocument"})
TEXT = ("text",)
_ANSWER = re.compile(r"^(\d{3})(?: (\[?)(\w+(?: \| \w+)*)\]?( or a page)?)?: (.+)$")
_HEADERS = {201: ("Location",), 401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}


@dataclass(frozen=True)
class Answer:
    """A status, the kinds of document it may come with, and when it comes."""

    text: str
    kinds: tuple[str, ...] = ()
    is_list: bool = False
    is_page_too: bool = False

    @property
    def is_versioned(self) -> bool:
        """Whether it carries an ETag."""
        return bool(self.kinds) and VERSIONED.issuperset(self.kinds) and not self.is_list


def read_docstring(responder: Any) -> tuple[str, str, dict[int, Answer]]:
    """The summary, the description and the answers."""
    lines = inspect.cleandoc(responder.__doc__).splitlines()
    matches = [_ANSWER.match(line) for line in lines]
    answers = {int(match[1]): _answer(match) for match in matches if match}
    prose = [line for line, match in zip(lines, matches, strict=True) if not match]
    return prose[0].removesuffix("."), " ".join(line for line in prose[1:] if line), answers


def _answer(line: re.Match[str]) -> Answer:
    _, is_list, kinds, is_page_too, text = line.groups()
    return Answer(text, tuple(kinds.split(" | ")) if kinds else (), bool(is_list), bool(is_page_too))


def responses(
    method: str, answers: Mapping[int, Answer], hints: Mapping[str, Any], *, names_something: bool
) -> dict[str, Any]:
    """All answers of an operation; *names_something* is whether its path does."""
    shared = _shared(hints, names_something=names_something)
    if hints.get("actor") is User and method.upper() not in csrf.SAFE:
        shared.setdefault(403, Answer("it comes by cookie and not from a page of ours"))
    if shows_version(method, answers):
        shared[304] = Answer("it is still the version that If-None-Match names")
    return {
        str(status): _described(status, answer, with_content=method != "head")
        for status, answer in sorted((shared | dict(answers)).items())
    }


def shows_version(method: str, answers: Mapping[int, Answer]) -> bool:
    """Whether an operation reads something with an ETag, and so honours If-None-Match."""
    return method in ("get", "head") and any(each.is_versioned for each in answers.values())


def ref(name: str) -> dict[str, str]:
    """A reference to a schema of the document."""
    return {"$ref": REF.format(name=name)}


def _shared(hints: Mapping[str, Any], *, names_something: bool) -> dict[int, Answer]:
    shared: dict[int, Answer] = {}
    if hints.keys() & {"actor", "body"}:
        shared[503] = Answer("a store can't be reached")
    if hints.get("actor") is User:
        shared[401] = Answer("there is no valid session")
        if names_something:
            shared |= {403: Answer("it is not yours"), 404: Answer("there is no such thing")}
    if names_something or hints.keys() & {"page", "filters"}:
        shared[414] = Answer("the address is longer than 8 KB")
    if hints.keys() & {"page", "filters", "expected"}:
        shared[400] = Answer("parameters or headers are wrong")
    if "expected" in hints:
        shared[412] = Answer("it is no longer the version that If-Match names, or is one that If-None-Match names")
    if "once" in hints:
        shared |= {
            409: Answer("the first request with this Idempotency-Key is under way, or what it made was erased"),
            422: Answer("this Idempotency-Key has done something else"),
        }
    if "body" in hints:
        shared |= {
            400: Answer("fields are wrong, or the body is malformed"),
            408: Answer("the body did not arrive in time"),
            413: Answer("the body is larger than 1 MiB"),
            415: Answer("the body is not JSON, or has a Content-Encoding"),
        }
    return shared


def _described(status: int, answer: Answer, *, with_content: bool) -> dict[str, Any]:
    headers = ("X-Request-ID", *_HEADERS.get(status, ()), *(["ETag"] if answer.is_versioned or status == 304 else []))
    described: dict[str, Any] = {
        "description": answer.text[0].upper() + answer.text[1:],
        "headers": {name: {"schema": {"type": "string"}} for name in headers},
    }
    if with_content and status not in (204, 304):
        described["content"] = _content(status, answer)
    return described


def _content(status: int, answer: Answer) -> dict[str, Any]:
    if status >= 400 and not answer.kinds:
        return {MEDIA_TYPE: {"schema": ref("ProblemDocument")}}
    if not answer.kinds:
        return {"application/json": {"schema": {"type": "object"}}}
    if answer.kinds == TEXT:
        return {"text/plain": {"schema": {"type": "string"}}}
    schemas = [ref(kind) for kind in answer.kinds]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    content = {"application/json": {"schema": _page_of(schema) if answer.is_list else schema}}
    return content | {"text/html": {"schema": {"type": "string"}}} if answer.is_page_too else content


def _page_of(items: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": items},
            "next": {"type": ["string", "null"], "description": "The path of the page after this one."},
            "total": {
                "type": "integer",
                "maximum": COUNTED_AT_MOST,
                "description": "With count=true: how many there are.",
            },
            "total_exact": {"type": "boolean", "description": "With count=true: false if there are more."},
        },
        "required": ["items", "next"],
        "additionalProperties": False,
    }
