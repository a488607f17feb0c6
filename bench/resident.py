"""What the processes of a tree hold and have used, as the kernel tells it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# What is among the arguments of a process, which has that name.
NAMES = {
    "max-old-space-size": "Deno",
    "-m gunicorn": "API",
    "--queues tasks notices": "worker",
    "--queues javascript": "JavaScript worker",
    "-m workers.scheduler": "scheduler",
    "counters_server.js": "sample counter server",
    "valkey-server": "Redis",
    "postgres": "Postgres",
    "-m bench": "client",
    "-m supervision": "supervisor",
    "serve.py": "serve.py",
}
MB = 1_000_000
_TICKS = os.sysconf("SC_CLK_TCK")
# The fourteenth to the seventeenth of proc_pid_stat(5), counted from what follows the name: its own time, and that of
# children it has waited for, who were of its kind but for these.
_OWN, _WAITED_FOR = slice(14 - 3, 16 - 3), slice(16 - 3, 18 - 3)
CHILDREN = {"JavaScript worker": "Deno"}
_GONE = (FileNotFoundError, ProcessLookupError, PermissionError)


class Size(NamedTuple):
    """What is there of a process in memory, and its share of that: what it has with others is divided among them."""

    rss: float
    pss: float


class Process(NamedTuple):
    """A process that runs: in MB of a million bytes, and its open files."""

    pid: int
    parent: int
    name: str
    size: Size
    files: int


def processes(first: int) -> Iterator[Process]:
    """Each process of a tree that does not end while it is looked at."""
    for pid in tree(first):
        try:
            name = name_of(Path(f"/proc/{pid}/cmdline").read_text())
            size = _size(Path(f"/proc/{pid}/smaps_rollup").read_text())
            files = len(os.listdir(f"/proc/{pid}/fd"))
            parent = int(_fields(pid)[1])
        except _GONE:
            continue
        yield Process(pid, parent, name, size, files)


def seconds_used(first: int) -> dict[str, float]:
    """The processor's time that processes of a tree have used, with what those used that ended, by name."""
    used: dict[str, float] = {}
    for pid in tree(first):
        try:
            name = name_of(Path(f"/proc/{pid}/cmdline").read_text())
            times = _fields(pid)
        except _GONE:
            continue
        for who, part in ((name, _OWN), (CHILDREN.get(name, name), _WAITED_FOR)):
            used[who] = used.get(who, 0.0) + sum(map(int, times[part])) / _TICKS
    return used


def tree(first: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            children.setdefault(int(_fields(int(file.parent.name))[1]), []).append(int(file.parent.name))
        except _GONE:
            continue
    found = [first]
    for pid in found:
        found += sorted(children.get(pid, []))
    return found


def name_of(command: str) -> str:
    """What a process is called by its arguments, each of which ends with a NUL."""
    arguments = command.replace("\0", " ").strip()
    return next((name for part, name in NAMES.items() if part in arguments), arguments[:60])


def _fields(pid: int) -> list[str]:
    """What follows the name of a process, which may have spaces in it."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def _size(told: str) -> Size:
    found = {name: int(number) * 1024 / MB for name, number in re.findall(r"^(Rss|Pss): +(\d+) kB", told, re.MULTILINE)}
    return Size(found.get("Rss", 0.0), found.get("Pss", 0.0))
