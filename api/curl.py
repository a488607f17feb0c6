"""An example request as a curl command, ready to paste into sh."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SERVER = "http://localhost:8000"
# What may stand in a path, by the name of its parameter.
IN_PATHS: dict[str, str | int] = {
    "username": "alice",
    "slug": "not-found",
    "user_id": 2,
    "session_id": "0b2ff2d6-3ad6-4d0c-8f0c-9a3f6fd0a7b1",
    "task_id": "6c1b2f0e-53a7-4f3e-9f53-0f2f3f7d1c55",
    "defect_id": 7,
    "notification_id": 12,
    "entry_id": 41,
}
# Of these nobody knows beforehand which there are, so a command has a variable of the shell.
VARIABLES = {
    "user_id": "USER_ID",
    "session_id": "SESSION",
    "task_id": "TASK",
    "defect_id": "DEFECT",
    "notification_id": "NOTICE",
    "entry_id": "ENTRY",
}


@dataclass(frozen=True, kw_only=True)
class Example:
    """What a request is made of; `label` tells it from others of its operation, and is read after "for example"."""

    label: str = field(default="", kw_only=False)
    signed_in: bool = True
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    form: Mapping[str, str] | None = None
    basic: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


def command(method: str, path: str, example: Example) -> str:
    """The command, one option a line."""
    session = {"Authorization": "Bearer $TOKEN"} if example.signed_in else {}
    form = [f"--data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in (example.form or {}).items()]
    options = [
        f"{_method(method, example)}{_quoted(_url(method, path, example))}",
        *(["-u " + shlex.quote(example.basic)] if example.basic else []),
        *(f"-H {_quoted(f'{name}: {value}')}" for name, value in (session | dict(example.headers)).items()),
        *form,
    ]
    if example.body is not None:
        options += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(json.dumps(example.body))}"]
    return "curl " + " \\\n    ".join(options)


def _method(method: str, example: Example) -> str:
    if method == "head":
        return "-I "
    sends = example.body is not None or example.form is not None
    said_without = method == "get" or (method == "post" and sends)
    return "" if said_without else f"-X {method.upper()} "


def _url(method: str, path: str, example: Example) -> str:
    variables = VARIABLES | dict(example.variables)
    # An empty variable would have DELETE delete something else; with this, sh refuses to run the command.
    form = "${{{}:?}}" if method == "delete" else "${}"
    values = {name: form.format(variables[name]) if name in variables else str(IN_PATHS[name]) for name in IN_PATHS}
    return f"{SERVER}{path.format(**values)}{'?' if example.query else ''}{example.query}"


def _quoted(text: str) -> str:
    """In single quotes where they are needed, and in double ones where the shell is to put in a variable."""
    return f'"{text}"' if "$" in text else shlex.quote(text)
