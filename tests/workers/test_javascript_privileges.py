"""The sandbox's process has no capability and no way to one, whichever user starts it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers.in_sandbox import run
from workers import sandbox

CHECKOUT = Path(__file__).parents[2]
NOBODY = 65534
# Prints what the kernel says of the process while it runs.
REPORT = """
import json, os, re, sys
from pathlib import Path
from workers import sandbox
if int(sys.argv[1]) != os.geteuid():
    os.setgroups([]), os.setgid(int(sys.argv[1])), os.setuid(int(sys.argv[1]))
with sandbox.started("for (;;);", seconds=30, memory_mb=64) as process:
    while "deno" not in os.readlink(f"/proc/{process.pid}/exe"): pass
    status = Path(f"/proc/{process.pid}/status").read_text()
print(json.dumps(dict(re.findall(r"^(Cap.*|NoNewPrivs|Uid):\\t(.*)", status, re.M))))
"""
USERS = [os.geteuid(), NOBODY] if os.geteuid() == 0 else [os.geteuid()]


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What this process found out about its setpriv is found out again."""
    sandbox._confined.cache_clear()
    yield
    sandbox._confined.cache_clear()


@pytest.mark.parametrize("user", USERS)
def test_it_has_no_capability_and_gets_none(user: int) -> None:
    command = [sys.executable, "-c", REPORT, str(user)]
    told = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=30)
    assert told.returncode == 0, told.stderr
    status = json.loads(told.stdout)
    assert status.pop("NoNewPrivs") == "1"
    assert status.pop("Uid").split() == [str(user)] * 4
    if user != 0:
        # Another user can't give this one up, and it is worth nothing under NoNewPrivs.
        del status["CapBnd"]
    assert set(status.values()) == {"0" * 16}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps capabilities")
def test_the_log_says_that_a_root_without_setpcap_leaves_it_capabilities() -> None:
    without = ["setpriv", "--bounding-set", "-setpcap", "--inh-caps", "-setpcap"]
    command = [*without, sys.executable, "-c", REPORT, "0"]
    told = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=30)
    warning, status = [json.loads(line) for line in told.stdout.splitlines()]
    assert warning["event"] == "sandbox keeps privileges"
    assert warning["capabilities"] == status["CapPrm"] != "0" * 16


@pytest.mark.parametrize(
    ("refused", "kept"),
    [
        ("--bounding-set", ["--pdeathsig", "--no-new-privs", "--inh-caps", "--ambient-caps"]),
        ("--inh-caps", ["--pdeathsig", "--no-new-privs"]),
        ("--no-new-privs", ["--pdeathsig"]),
        ("--pdeathsig", []),
    ],
)
def test_what_setpriv_cant_do_is_done_without(
    refused: str, kept: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "setpriv"
    fake.write_text(
        f'#!/bin/sh\ncase "$*" in *{refused}*) exit 1;; esac\nPATH="{os.environ["PATH"]}" exec setpriv "$@"\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    command = sandbox.command(seconds=10, memory_mb=64)
    assert [each for each in command[: command.index("/bin/sh")] if each.startswith("--")] == kept
    assert run("6*7").result == b"42"


def test_without_setpriv_it_runs_all_the_same_and_the_log_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert sandbox.command(seconds=10, memory_mb=64)[0] == "/bin/sh"
    assert capfd.readouterr().out.count('"event":"sandbox keeps privileges"') == 1
    assert run("6*7").result == b"42"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root loses the right to read by losing its capabilities")
def test_root_keeps_what_it_needs_to_read_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    runner = home / "runner.mjs"
    runner.write_text("")
    os.chown(home, NOBODY, NOBODY)
    home.chmod(0o700)
    monkeypatch.setattr(sandbox, "RUNNER", runner)
    command = sandbox.command(seconds=10, memory_mb=64)
    assert "--no-new-privs" in command
    assert "--bounding-set" not in command
