"""Tests by the ids of docs/promises.md in their docstrings, as `--ids R09` chooses them: a plugin of pytest's."""

import re
from typing import Any

import pytest

from tests.length import IS_LONG

ID = re.compile(r"\bR\d\d\b")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--ids", default="", help="only tests of these: 'R09 R13', or 'R' for all that have an R's id")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what has none of the ids that were asked for."""
    wanted = tuple(config.getoption("--ids").split())
    if not wanted:
        return
    left_out = [item for item in items if not any(each.startswith(wanted) for each in ids_of(item))]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def ids_of(item: pytest.Item) -> set[str]:
    """What a test's docstring names, or its module's where it names nothing itself."""
    test, module = getattr(item, "obj", None), getattr(item, "module", None)
    return set(ID.findall(test.__doc__ or "")) or set(ID.findall(module.__doc__ or ""))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """At length, show what the tests have measured, and their seeds; the rest of what they print are logs."""
    for report in terminalreporter.stats.get("passed", []) if IS_LONG else []:
        if measured := [line for line in report.capstdout.splitlines() if line and not line.startswith(("{", "["))]:
            terminalreporter.write_line(f"{report.nodeid} ({report.duration:.0f} s)")
            for line in measured:
                terminalreporter.write_line(f"    {line}")
