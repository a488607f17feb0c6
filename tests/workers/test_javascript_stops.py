"""Code that is told to stop has stopped, processes and all, as has what a dead worker left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.services.processes import wait_until
from workers import sandbox
from workers.javascript import LOOKS_EVERY, evaluate

CHECKOUT = Path(__file__).parents[2]
FOREVER = "while (true) {}"
ENDLESS = [
    FOREVER,
    "(function again() { Promise.resolve().then(again) })(); new Promise(() => {})",
    "/^(a+)+$/.test('a'.repeat(60) + 'b')",
    "new Promise(done => setTimeout(done, 1e6))",
    "for (;;) console.log('x'.repeat(1000))",
    "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
]
FLAGS = [
    "--quiet",
    "--no-prompt",
    "--no-remote",
    "--no-npm",
    "--cached-only",
    "--no-config",
    "--no-lock",
    "--no-code-cache",
]


class Sandboxes:
    """Those started since, by their process groups."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.groups: list[int] = []
        popen = subprocess.Popen

        def remembered(*given: object, **named: object) -> object:
            process = popen(*given, **named)  # type: ignore[call-overload]
            self.groups.append(process.pid)
            return process

        monkeypatch.setattr("workers.sandbox.subprocess.Popen", remembered)

    def alive(self) -> list[int]:
        """Every process that any of them left."""
        return [pid for pid, group, _ in processes() if group in self.groups]


def processes() -> list[tuple[int, int, str]]:
    """The id, the group and the command line of each process there is, dead ones that nobody reaped among them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        found.append((int(folder.name), int(stat.rpartition(")")[2].split()[2]), line))
    return found


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Sandboxes:
    # Once a process it tries what setpriv can do.
    sandbox.command(seconds=1, memory_mb=64)
    return Sandboxes(monkeypatch)


def after(seconds: float) -> Callable[[], bool]:
    """A stop that comes then."""
    moment = time.monotonic() + seconds
    return lambda: time.monotonic() >= moment


@pytest.mark.parametrize("code", ENDLESS)
def test_it_stops_within_a_second_and_is_really_gone(started: Sandboxes, code: str) -> None:
    began = time.monotonic()
    assert evaluate(code, seconds=60, memory_mb=64, stop=after(0.5)).stopped
    assert time.monotonic() - began < 1.5
    assert len(started.groups) == 1
    assert started.alive() == []


def test_a_stop_that_came_before_is_heeded_at_once(started: Sandboxes) -> None:
    began = time.monotonic()
    assert evaluate("1 + 1", seconds=60, memory_mb=64, stop=lambda: True).stopped
    assert time.monotonic() - began < 0.5
    assert started.alive() == []


def test_stop_is_asked_at_once_and_then_four_times_a_second() -> None:
    asked: list[float] = []

    def stop() -> bool:
        asked.append(time.monotonic())
        return len(asked) == 5

    began = time.monotonic()
    assert evaluate(FOREVER, seconds=60, memory_mb=64, stop=stop).stopped
    assert asked[0] - began < LOOKS_EVERY
    pauses = [later - sooner for sooner, later in pairwise(asked)]
    assert all(LOOKS_EVERY <= pause < LOOKS_EVERY + 0.2 for pause in pauses), pauses


def test_stop_is_asked_as_often_while_it_prints_without_end() -> None:
    asked: list[float] = []

    def stop() -> bool:
        asked.append(time.monotonic())
        return False

    evaluate("for (;;) console.log('')", seconds=1, memory_mb=64, stop=stop)
    assert 3 <= len(asked) <= 6


def test_when_asking_fails_it_is_gone_too(started: Sandboxes) -> None:
    def stop() -> bool:
        raise ConnectionError("the database is away")

    with pytest.raises(ConnectionError, match="the database is away"):
        evaluate(FOREVER, seconds=60, memory_mb=64, stop=stop)
    assert started.alive() == []


@pytest.mark.parametrize(
    "code",
    ["1 + 1", "throw 1", "new Promise(() => {})", "(() => { for (;;); })()", "const a = []; for (;;) a.push({a})"],
)
def test_nothing_is_left_however_it_ended(started: Sandboxes, code: str) -> None:
    open_before = len(os.listdir("/proc/self/fd"))
    evaluate(code, seconds=1, memory_mb=64, stop=lambda: False)
    assert started.alive() == []
    assert len(os.listdir("/proc/self/fd")) == open_before


def test_twenty_at_once_keep_their_results_apart(started: Sandboxes) -> None:
    results: dict[int, bytes] = {}

    def one(number: int) -> None:
        outcome = evaluate(f"console.log({number}); {number}", seconds=30, memory_mb=64, stop=lambda: False)
        assert outcome.logs[0].text == str(number)
        results[number] = outcome.result

    threads = [threading.Thread(target=one, args=(number,)) for number in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert results == {number: str(number).encode() for number in range(20)}
    assert started.alive() == []


@pytest.mark.parametrize("code", [FOREVER, "new Promise(done => setTimeout(done, 1e6))"])
def test_a_worker_that_is_killed_takes_its_sandbox_along(code: str) -> None:
    program = (
        f"from workers.javascript import evaluate; evaluate({code!r}, seconds=61.25, memory_mb=64, stop=lambda: False)"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=CHECKOUT) as worker:
        try:
            wait_until(lambda: sandboxes_of(worker.pid), what="the sandbox")
            time.sleep(0.3)
            left = sandboxes_of(worker.pid)
        finally:
            worker.send_signal(signal.SIGKILL)
    wait_until(lambda: not any(pid in left for pid, _, _ in processes()), seconds=3, what="the end of the sandbox")


def test_a_sandbox_whose_worker_died_before_it_began_never_begins() -> None:
    command = sandbox.command(seconds=60, memory_mb=64)
    command[command.index(str(os.getpid()))] = "1"
    with sandbox.given("1", seconds=60) as stdin:
        ended = subprocess.run(command, stdin=stdin, capture_output=True, env=sandbox.ENVIRONMENT)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, b"", b"")


def test_its_command_environment_limits_and_files_are_exactly_these() -> None:
    found: list[dict[str, object]] = []

    def stop() -> bool:
        mine = [pid for pid in sandboxes_of(os.getpid()) if "deno" in os.readlink(f"/proc/{pid}/exe")]
        for folder in (Path(f"/proc/{pid}") for pid in mine):
            found.append(
                {
                    "arguments": (folder / "cmdline").read_text().split("\0")[:-1],
                    "environment": sorted((folder / "environ").read_text().split("\0")[:-1]),
                    "folder": os.readlink(folder / "cwd"),
                    "session": int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == int(folder.name),
                    "limits": (folder / "limits").read_text(),
                    "files": {os.readlink(folder / "fd" / each) for each in ("0", "1", "2")},
                }
            )
        return bool(found)

    assert evaluate(FOREVER, seconds=60, memory_mb=64, stop=stop).stopped
    (seen,) = found
    v8 = "--v8-flags=--max-old-space-size=64,--max-semi-space-size=8,--disallow-code-generation-from-strings"
    assert seen["arguments"] == [sandbox.deno(), "run", *FLAGS, v8, str(CHECKOUT / "workers" / "runner.mjs")]
    assert seen["environment"] == ["DENO_DIR=/dev/null/deno", "DENO_NO_UPDATE_CHECK=1", "NO_COLOR=1"]
    assert seen["folder"] == "/"
    assert seen["session"]
    limits = {line[:26].strip(): line[26:].split()[:2] for line in str(seen["limits"]).splitlines()}
    assert limits["Max core file size"] == limits["Max file size"] == ["0", "0"]
    assert limits["Max open files"] == ["64", "64"]
    assert limits["Max cpu time"] == ["122", "123"]
    data = 2**20 * (sandbox.DENO_TAKES_MB + sandbox.A_THREAD_TAKES_MB * min(os.cpu_count() or 1, 16) + 64)
    assert limits["Max data size"] == [str(data)] * 2
    files = seen["files"]
    assert isinstance(files, set)
    assert sorted(each.partition(":")[0] for each in files) == ["/memfd", "pipe", "pipe"]


def sandboxes_of(parent: int) -> list[int]:
    """The children of a process that run the runner."""
    found = []
    for pid, _, line in processes():
        try:
            its = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if its == parent and "runner.mjs" in line:
            found.append(pid)
    return found
