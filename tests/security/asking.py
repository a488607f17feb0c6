"""Requests as the bytes of a hostile client would arrive, past every library that would tidy them."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from falcon.testing import create_environ


@dataclass(frozen=True)
class Answer:
    """What came back; `headers` by their names in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def faults(self) -> dict[str, str]:
        """What a problem says of each field."""
        return {fault["field"]: fault["message"] for fault in self.json.get("errors", [])}


def ask(
    app: Any,
    method: str,
    target: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    environ: Mapping[str, str | None] | None = None,
) -> Answer:
    """Call the application as gunicorn would; *environ* overrides what follows from the rest; None leaves it out."""
    path, _, query = target.partition("?")
    asked = create_environ(method="GET", path="/", headers={"User-Agent": "tests"})
    asked |= {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "RAW_URI": target,
        "QUERY_STRING": query,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(body or b""),
    }
    if body is not None:
        asked |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body))}
    asked |= {_cgi_name(name): value for name, value in (headers or {}).items()}
    asked |= environ or {}
    return _call(app, {name: value for name, value in asked.items() if value is not None})


def ask_json(app: Any, method: str, target: str, document: Any, **options: Any) -> Answer:
    """The same with a body of JSON."""
    return ask(app, method, target, body=json.dumps(document).encode(), **options)


def _call(app: Any, environ: dict[str, Any]) -> Answer:
    said: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        said[:] = [int(status.split()[0]), {name.lower(): value for name, value in headers}]

    chunks = app(environ, start_response)
    body = b"".join(chunks)
    return Answer(said[0], said[1], body)


def _cgi_name(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
