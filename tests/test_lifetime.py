"""A program ends with the one that started it, also where that one was quicker to end."""

import os
import subprocess
import sys
from pathlib import Path

from lifetime import PARENT
from tests.services.processes import wait_until

ROOT = Path(__file__).resolve().parents[1]
SLEEP = "import time; print('up', flush=True); time.sleep(60)"


def test_a_program_whose_parent_is_gone_does_not_start() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "lifetime", sys.executable, "-c", "print('started')"],
        cwd=ROOT,
        env=os.environ | {PARENT: "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0
    assert "started" not in ran.stdout


def test_a_program_ends_when_its_parent_is_killed() -> None:
    start = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-m', 'lifetime', sys.executable, '-c', {SLEEP!r}])"
    )
    parent = subprocess.Popen([sys.executable, "-c", start], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout as said:
        assert said.readline() == "up\n"
        (child,) = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        parent.kill()
        parent.wait()
        wait_until(lambda: not Path(f"/proc/{child}").exists(), what="the end of the child")
