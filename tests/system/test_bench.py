"""script/bench measures, and keeps a record of what came out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_bench_measures_a_whole_server_and_records_machine_and_figures(tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    command = [sys.executable, "-m", "bench", "memory", "--seconds", "1", "--rounds", "1", "--json", str(record)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
    assert ran.returncode == 0, ran.stderr
    document = json.loads(record.read_text())
    assert document["machine"].keys() >= {"time", "commit", "cores", "CPU", "memory", "kernel", "Python", "gunicorn"}
    *each, everything = document["figures"]["memory"]
    assert {"API", "API, 3", "worker", "JavaScript worker", "scheduler", "Redis"} <= {one["name"] for one in each}
    assert everything["median"] == pytest.approx(sum(one["median"] for one in each))
    assert everything["unit"] == "MB RSS"
    assert f"all {len(each)} processes" in ran.stdout
