"""Workers and schedulers as supervisord.conf has them, which tests kill and start again."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from configparser import RawConfigParser
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from tests.services.processes import running, wait_until

ROOT = Path(__file__).resolve().parents[2]
WORKER, JAVASCRIPT, SCHEDULER = "worker", "javascript", "scheduler"
# The twentieth of proc_pid_stat(5), counted from what follows the parent's pid.
_THREADS = 20 - 4 - 1
_CONF = RawConfigParser()
_CONF.read(ROOT / "supervisord.conf")


class Member(NamedTuple):
    """One of a crew: a scheduler, or a master that has a worker process of its own."""

    program: str
    master: subprocess.Popen[bytes]

    def pids(self) -> list[int]:
        """Its processes, the master first."""
        return [self.master.pid, *children(self.master.pid)] if self.master.poll() is None else []


class Crew:
    """Ends with the block; nobody but `tend` starts again what has died."""

    def __init__(self, environment: Mapping[str, str], log_file: Path) -> None:
        self._environment = environment
        self.log_file = log_file
        self._members: list[Member] = []
        self._running = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # All at once first, since each takes a second to end.
        for member in self._members:
            member.master.terminate()
        self._running.close()

    def start(self, *programs: str) -> list[Member]:
        """Start one more of each."""
        started = [Member(program, self._start(program)) for program in programs]
        self._members += started
        return started

    def tend(self) -> None:
        """Start again what has died, as the supervisor does."""
        dead = [member for member in self._members if member.master.poll() is not None]
        self._members = [member for member in self._members if member not in dead]
        self.start(*(member.program for member in dead))

    def is_whole(self) -> bool:
        """Start again what has died; whether each master has its worker process.

        A master that has lost it needs a second to notice, and ends.
        """
        self.tend()
        return all(len(member.pids()) > 1 for member in self._members if member.program != SCHEDULER)

    def dismiss(self, member: Member) -> None:
        """Tell one to stop, for good."""
        self._members.remove(member)
        member.master.terminate()

    def members(self, program: str) -> list[Member]:
        """Those of a program that are alive."""
        return [member for member in self._members if member.program == program and member.master.poll() is None]

    def pids(self) -> list[int]:
        """The processes of all."""
        return [pid for member in self._members for pid in member.pids()]

    def log(self) -> str:
        """All that they have said."""
        return self.log_file.read_text()

    def _start(self, program: str) -> subprocess.Popen[bytes]:
        section = _CONF[f"program:{program}"]
        own = shlex.split(section.get("environment", "").replace(",", " "))
        environment = {**self._environment, **dict(each.split("=", 1) for each in own)}
        command = shlex.split(section["command"].replace("%(ENV_PYTHON)s", sys.executable))
        return self._running.enter_context(running(command, log=self.log_file, cwd=ROOT, env=environment))


def kill(*pids: int) -> None:
    """End processes as the kernel does when memory is short, and wait for it; who has ended already is no matter."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not set(pids) & {pid for pid, _ in _alive()}, what="the end of whom we killed")


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    return [child for child, parent in _alive() if parent == pid]


def _alive() -> Iterator[tuple[int, int]]:
    """Every process that has not ended, with its parent."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # ended while we looked
            state, parent, *others = stat.read_text().rpartition(")")[2].split()
            # Whose main thread has ended has not, and can't be waited for, while the kernel ends its other threads.
            if state != "Z" or int(others[_THREADS]) > 1:
                yield int(stat.parent.name), int(parent)


def sandboxes(memory_mb: int) -> list[int]:
    """The processes of sandboxes with that limit, by which each house knows its own."""
    mark = f"--max-old-space-size={memory_mb},".encode()
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if mark in line.read_bytes():
                found.append(int(line.parent.name))
    return found
