"""The request that a decision is about, and whether what it shows is what was asked for."""

import re
from typing import Any

from tests.client import Client
from tests.security.decisions import Decision
from tests.security.everybody import ADMINS, Target


def request(api: Client, method: str, decision: Decision, target: Target, headers: dict[str, str]) -> Any:
    """Send it, about somebody's things, with the fields that the table names."""
    slug = "no-such-problem" if "missing" in decision.whose else "not-found"
    path = decision.path.format(**vars(target), slug=slug) + decision.query
    if decision.path == "/metrics":
        headers = headers | {"Host": "localhost"}  # the table is of those who ask on this machine itself
    if not decision.fields:
        return api.request(path, method=method, headers=headers)
    logs_in = decision.path == "/auth"
    values = {
        "username": target.username if logs_in else f"new-{target.username}",
        "password": target.password if logs_in else "an entirely new password",
        "current_password": target.password,
        "role": "user" if target.username in ADMINS else "admin",
        "email": "new@example.com",
        "data": {"new": 1},
        "type": "javascript" if "code" in decision.fields else "delay",
        "seconds": 0,
        "code": "1",
        "comment": "The door still sticks.",
        "timestamp": "2026-01-01T00:00:00Z",
        "user": target.user_id,
    }
    body = {name: values[name] if right else "not what it should be" for name, right in decision.fields.items()}
    call: Any = getattr(api, f"{method.lower()}_json")
    return call(path, body, headers=headers)


def check_which(decision: Decision, answer: Any, target: Target) -> None:
    """One thing that is shown is the one that was asked for."""
    if name := re.search(r"{(\w+_id)}", decision.path):
        assert answer["id"] == getattr(target, name[1])
    elif "{username}" in decision.path:
        assert answer["id"] == target.user_id
