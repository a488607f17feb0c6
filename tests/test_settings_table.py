"""docs/operations.md lists every variable that Settings reads, as Settings reads it."""

from pathlib import Path

import pytest

from commands.settings_table import MEANINGS, Recorder, table
from settings import Settings

OPERATIONS = Path(__file__).parents[1] / "docs" / "operations.md"


def test_the_docs_hold_the_table() -> None:
    assert table() in OPERATIONS.read_text(), "paste into it what `manage.py settings` prints"


def test_each_variable_that_is_read_has_one_meaning() -> None:
    recorder = Recorder()
    Settings.read(recorder)
    assert sorted(row.name for row in recorder.rows) == sorted(MEANINGS)


def test_the_table_says_what_a_variable_may_be_and_what_it_is_unless_set() -> None:
    rows = table().splitlines()
    assert "| `PORT` | `8000` | 1 to 65535 | where to listen |" in rows
    assert any(row.startswith("| `SIGNUP` | `open` | `open`, `closed` |") for row in rows)
    assert any(row.startswith(r"| `SECRET_KEY`\* |  |  |") for row in rows)


def test_to_print_it_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table()
    assert list(tmp_path.iterdir()) == []
