"""A program ends with the one that started it, also where that one was quicker to end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lifetime import PARENT, STOPS
from tests.services.processes import wait_until

ROOT = Path(__file__).resolve().parents[1]
# Forks a child, tells it to stop at once, and says how it ended; itself it still hears.
STOPS_ITS_CHILD = """
import os, signal, sys
from lifetime import hear_stops, keep_stops_for_children

if sys.argv[1] == "kept":
    keep_stops_for_children()
signal.signal(signal.SIGTERM, lambda number, frame: print("heard", flush=True))
told, tell = os.pipe()
child = os.fork()
if child == 0:
    os.read(told, 1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    hear_stops()
    os._exit(0)
os.kill(child, signal.SIGTERM)
os.write(tell, b"!")
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
signal.raise_signal(signal.SIGTERM)
"""
# Does it twice; says how often it was done, and which signals it is deaf to.
HEARS_AGAIN = """
import os, signal
from lifetime import keep_stops_for_children

os.register_at_fork = lambda **hooks: print("registered")
keep_stops_for_children()
keep_stops_for_children()
print(signal.pthread_sigmask(signal.SIG_BLOCK, []))
"""
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


@pytest.mark.parametrize(("kept", "ended"), [("kept", -signal.SIGTERM), ("lost", 0)])
def test_a_child_hears_the_signal_that_came_before_it_could(kept: str, ended: int) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", STOPS_ITS_CHILD, kept], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert [line for line in ran.stdout.split() if line != "heard"] == [str(ended)]
    assert ran.stdout.endswith("heard\n")


def test_whoever_begins_deaf_hears_from_then_on() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", HEARS_AGAIN],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, STOPS),
    )
    assert ran.stdout == "registered\nset()\n"
