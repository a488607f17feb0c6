"""A client that holds every answer against the OpenAPI document."""

import re
from typing import Any

import msgspec
from jsonschema import Draft202012Validator
from webtest import TestApp, TestResponse

# Of each application, which is asked for it once.
_documents: dict[Any, Any] = {}


class Client(TestApp):
    """WebTest's, whose answers must be documented: their status, and the schema of their JSON.

    Statuses are not checked against 2xx: every test says which one it expects.
    """

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        if app not in _documents:
            _documents[app] = msgspec.json.decode(super().do_request(self._blank("/openapi.json"), 200, None).body)
        self._document = _documents[app]

    def do_request(self, req: Any, status: Any = None, expect_errors: Any = None) -> TestResponse:
        response = super().do_request(req, status=status or "*", expect_errors=expect_errors)
        self._check(req.method.lower(), req.path, response)
        return response

    def _blank(self, path: str) -> Any:
        return self.RequestClass.blank(path)

    def _check(self, method: str, path: str, response: TestResponse) -> None:
        if response.status_int >= 400:
            assert response.content_type == "application/problem+json" or path == "/readyz"
        operation = self._operation(method, path)
        if operation is None:
            assert response.status_int in (200, 400, 404, 405), f"{method} {path} is not documented"
            return
        answer = operation["responses"].get(str(response.status_int))
        assert answer is not None, f"{method} {path} answered {response.status_int}, which is not documented"
        for header in answer["headers"]:
            assert header in response.headers, f"{method} {path} {response.status_int} has no {header}"
        content = answer.get("content", {}).get(response.content_type)
        if method != "head" and response.status_int not in (204, 304):
            assert content is not None, f"{method} {path} answered {response.content_type}"
            self._validate(content["schema"], response.json if "json" in response.content_type else response.text)

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        path = path.rstrip("/") or "/"
        for template, operations in self._document["paths"].items():
            if method in operations and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                found: dict[str, Any] = operations[method]
                return found
        return None

    def _validate(self, schema: dict[str, Any], answer: Any) -> None:
        Draft202012Validator({**schema, "components": self._document["components"]}).validate(answer)
