"""Who writes to the database, as the source has it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
WRITING = {
    "create", "save", "insert", "insert_all", "insert_many", "insert_from", "insert_for_each",
    "update", "delete", "delete_instance",
    "write", "write_drafts", "write_all", "write_each", "keep",
}  # fmt: skip


def writers() -> set[tuple[str, str]]:
    """Every function of the models that calls what writes a row, with its file."""
    files = [file for file in (ROOT / "models").rglob("*.py") if "migrations" not in file.parts]
    return {
        (str(file.relative_to(ROOT)), node.name)
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef) and WRITING & set(_called(node))
    }


def _called(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            # A dictionary of a row's values is no table.
            yield "" if "__data__" in ast.unparse(node.func) else node.func.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
