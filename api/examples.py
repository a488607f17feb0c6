"""The examples in the OpenAPI document: requests as bodies and as curl commands, and what is answered."""

from typing import Any

import falcon

from api import example_documents
from api.curl import IN_PATHS, Example, command
from api.example_requests import REQUESTS
from api.problem_kinds import MEDIA_TYPE

# Where a status may come of several problems, the one that is met first.
_PROBLEMS = {
    400: "invalid-input",
    401: "not-signed-in",
    403: "forbidden",
    404: "not-found",
    408: "request-timeout",
    409: "conflict",
    412: "outdated",
    413: "body-too-large",
    414: "address-too-long",
    415: "unsupported-media-type",
    422: "key-reused",
    429: "too-many-attempts",
    503: "unavailable",
}
PROBLEMS_OF = {
    ("post", "/user", 403): "signup-closed",
    ("post", "/user", 409): "username-taken",
    ("delete", "/user/{username}", 409): "last-admin",
    ("post", "/users", 409): "username-taken",
    ("put", "/users/{user_id}", 409): "username-taken",
    ("patch", "/users/{user_id}", 409): "username-taken",
    ("delete", "/users/{user_id}", 409): "last-admin",
    ("post", "/users/{user_id}/restore", 409): "not-deleted",
    ("post", "/auth", 401): "wrong-credentials",
    ("get", "/metrics", 401): "wrong-metrics-token",
    ("post", "/tasks", 409): "key-in-flight",
    ("delete", "/tasks/{task_id}", 409): "task-ended",
    ("post", "/api/defects", 409): "key-in-flight",
    ("post", "/notifications/{notification_id}/retry", 409): "already-delivered",
}


def put_into(operation: dict[str, Any], method: str, path: str) -> None:
    """Put the examples of an operation into its description; its path is without converters."""
    # HEAD is asked as GET is.
    examples = REQUESTS.get(("get" if method == "head" else method, path), [])
    commands = {each.label: command(method, path, each) for each in examples}
    operation["x-codeSamples"] = [
        {"lang": "Shell", "label": f"curl {label}".strip(), "source": source} for label, source in commands.items()
    ]
    # Swagger UI shows Markdown, and no code samples.
    operation["description"] += "".join(
        f"\n\nFor example{label and f', {label}'}:\n\n```sh\n{source}\n```" for label, source in commands.items()
    )
    for parameter in operation["parameters"]:
        # Of what is only read: on /docs it stands in the field, one click from being done to whoever has that name.
        if method in ("get", "head") and parameter["in"] == "path" and parameter["name"] in IN_PATHS:
            parameter["example"] = IN_PATHS[parameter["name"]]
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        content["examples"] = _bodies(examples, media_type)
    for status, answer in operation["responses"].items():
        if content := answer.get("content", {}).get(MEDIA_TYPE):
            slug = PROBLEMS_OF.get((method, path, int(status))) or _PROBLEMS[int(status)]
            content["example"] = example_documents.problem(slug)


def _bodies(examples: list[Example], media_type: str) -> dict[str, Any]:
    """The bodies of that media type, each by a name."""
    bodies = {each.label: each.form if media_type == falcon.MEDIA_URLENCODED else each.body for each in examples}
    return {
        (label or "example").replace(" ", "-"): {"summary": label or "an example", "value": body}
        for label, body in bodies.items()
        if body is not None
    }
