"""compose.yaml as Compose reads it: its variables filled in, and its services one by one."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
# What has no default.
SECRETS = {
    **{"SECRET_KEY": "a" * 64, "POSTGRES_PASSWORD": "b" * 64, "REDIS_PASSWORD": "c" * 64},
    **{"JAVASCRIPT_POSTGRES_PASSWORD": "d" * 64, "JAVASCRIPT_REDIS_PASSWORD": "e" * 64},
}
_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?::(?P<how>[-?])(?P<what>(?:[^{}]|\{[^{}]*\})*))?\})")


class Missing(Exception):
    """A variable that has no default is not given."""


def compose(**variables: str) -> Any:
    """The whole document; Missing names the variable that has to be given."""
    return _filled(yaml.safe_load((ROOT / "compose.yaml").read_text()), variables)


def _filled(part: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(part, dict):
        # What begins so is there to be referred to.
        return {key: _filled(value, variables) for key, value in part.items() if not str(key).startswith("x-")}
    if isinstance(part, list):
        return [_filled(each, variables) for each in part]
    return _VARIABLE.sub(lambda found: _value(found, variables), part) if isinstance(part, str) else part


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found["dollar"]:
        return "$"
    given = variables.get(found["name"])
    if given:
        return given
    if found["how"] == "?":
        raise Missing(found["name"])
    return str(_filled(found["what"] or "", variables))
