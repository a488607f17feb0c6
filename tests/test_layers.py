"""docs/architecture.md says who may import whom; this keeps it true."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# From the ground up; a module may import what stands below it, and its own layer.
LAYERS = [
    {"settings", "environment", "logs", "lifetime", "draining", "ids", "incoming"},
    {"models"},
    {"workers"},
    {"metrics"},
    {"hooks"},
    {"resources"},
    {"api"},
    {
        *("arbiter", "commands", "gunicorn.conf", "listening", "manage"),
        *("reception", "refusing", "serve", "server", "serving", "sharing", "supervision"),
    },
]
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}
AT_HOME = {
    "falcon": {"api", "resources", "hooks"},
    "gunicorn": {"listening", "reception", "refusing", "server", "serving", "sharing"},
    "prometheus_client": {"metrics"},
    "dramatiq": {"workers"},
    "pika": {"workers"},
    "peewee": {"models"},
    "playhouse": {"models"},
    "redis": {"models", "workers"},
    "hiredis": {"models"},
    "psycopg": {"models"},
    "supervisor": {"supervision"},
}
FILES = list(ROOT.glob("*.py")) + [file for layer in sorted(HEIGHT) for file in (ROOT / layer).rglob("*.py")]


def layer(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return parts[0]


def imports(file: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(file.read_text())))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 0}
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in nodes), "imports are absolute here"
    return {name.partition(".")[0] for name in whole | parts}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_imports_only_from_below_and_each_library_only_at_home(file: Path) -> None:
    home = layer(file)
    assert home in HEIGHT, f"{file} stands in no layer"
    for name in imports(file):
        if name in HEIGHT:
            assert HEIGHT[name] <= HEIGHT[home], f"{home} must not import {name}"
        assert home in AT_HOME.get(name, {home}), f"{home} must not import {name}"


def test_every_layer_that_has_files_is_looked_at() -> None:
    assert {"api", "resources", "hooks", "workers", "models", "settings"} <= {layer(file) for file in FILES}
