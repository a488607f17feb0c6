"""TEST_DATABASE and TEST_BROKER say which tests run, and on what."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COLLECT = [sys.executable, "-m", "pytest", "-n", "0", "--collect-only"]
NAMED = ["tests/models/test_stores.py", "tests/system/test_on_postgres.py"]


def collected(chosen: str, name: str = "TEST_DATABASE") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COLLECT, *NAMED],
        env=os.environ | {name: chosen},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("chosen", "other"), [("sqlite", "postgres"), ("postgres", "sqlite")])
def test_what_is_about_the_other_database_is_left_out_and_counted(chosen: str, other: str) -> None:
    said = collected(chosen).stdout
    assert f"[{chosen}]" in said
    assert f"[{other}]" not in said
    assert ("test_on_postgres" in said) == (chosen == "postgres")
    assert f"TEST_DATABASE={chosen}: " in said


def test_a_database_that_there_is_not_is_refused_in_a_sentence() -> None:
    ended = collected("oracle")
    assert ended.returncode == 4
    assert ended.stderr.strip() == "ERROR: TEST_DATABASE must be sqlite, postgres or not set, not 'oracle'."


@pytest.mark.parametrize("chosen", ["redis", "rabbitmq"])
def test_what_runs_on_both_brokers_runs_on_the_chosen_one(chosen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "NAMED", ["tests/chaos/test_tasks_messages.py"])
    found = [line for line in collected(chosen, "TEST_BROKER").stdout.splitlines() if "three_times" in line]
    assert found
    assert all(f"-{chosen}]" in line for line in found)


def test_a_broker_that_there_is_not_is_refused_in_a_sentence() -> None:
    ended = collected("kafka", "TEST_BROKER")
    assert ended.returncode == 4
    assert ended.stderr.strip() == "ERROR: TEST_BROKER must be redis, rabbitmq or not set, not 'kafka'."
