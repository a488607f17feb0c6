"""docs/promises.md names the tests that prove it: all that carry an id, and none that there are not."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.ids import ID

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
FAULTS = [1, 2, 3, 4, 6, 8, 9, *range(11, 18), 19, 20, 21, 22, 25, 26, 28, 29, 31, 32, 33, 34, 38, 39, 40, 41]
LINK = re.compile(r"\[[^]]*\]\(\.\./(tests/[^)#]+\.py)\)")


def carried() -> dict[str, set[str]]:
    """For each id, the files with tests that carry it."""
    found = defaultdict[str, set[str]](set)
    for path in TESTS:
        module = ast.parse(path.read_text(encoding="utf-8"))
        said = [ast.get_docstring(module)]
        said += [ast.get_docstring(each) for each in module.body if isinstance(each, ast.FunctionDef)]
        for each in ID.findall(" ".join(each or "" for each in said)):
            found[each].add(path.relative_to(ROOT).as_posix())
    return found


def rows() -> dict[str, set[str]]:
    """For each id of the page's table of faults, the files that its row links to."""
    table = PAGE.partition("\n## Faults\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (R\d\d) \|(.*)\|$", table, re.MULTILINE)
    return {name: set(LINK.findall(rest)) for name, rest in cells}


def test_every_fault_has_its_tests_and_every_test_with_an_id_its_row() -> None:
    assert sorted(rows()) == [f"R{number:02}" for number in FAULTS]
    assert rows() == {name: files for name, files in carried().items()}


@pytest.mark.parametrize("number", range(1, 12))
def test_every_promise_names_tests_that_there_are(number: int) -> None:
    (section,) = re.findall(rf"^### {number}\. .*?(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
    proofs = LINK.findall(section)
    assert proofs or re.findall(r"\bR\d\d\b", section)
    assert set(re.findall(r"\bR\d\d\b", section)) <= rows().keys()


def test_every_link_leads_to_a_file() -> None:
    assert [each for each in LINK.findall(PAGE) if not (ROOT / each).is_file()] == []
