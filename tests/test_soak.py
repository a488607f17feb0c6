"""script/soak has everything work under load with faults, says what held, and draws."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_a_short_soak_holds_and_draws(tmp_path: Path) -> None:
    plot = tmp_path / "soak.svg"
    arguments = ["--minutes", "0.4", "--every", "6", "--database", "sqlite", "--plot", str(plot)]
    command = [sys.executable, "-m", "bench.soak", *arguments]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr
    assert "faults: everything holds." in ran.stdout
    assert all(
        part in plot.read_text() for part in ("memory", "open files", "rows", "answers", "late by", "JavaScript")
    )
