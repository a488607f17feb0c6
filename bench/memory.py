"""How much memory everything takes that `script/server` starts, while nobody asks it for anything."""

import argparse
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.figures import Figure, stop
from bench.processes import ROOT, answers, running
from tests.services.processes import free_port

# What is among the arguments of a process, which has that name.
NAMES = {
    "-m gunicorn": "API",
    "--queues tasks notices": "worker",
    "--queues javascript": "JavaScript worker",
    "-m workers.scheduler": "scheduler",
    "counters_server.js": "sample counter server",
    "valkey-server": "Redis",
    "-m supervision": "supervisor",
    "serve.py": "serve.py",
}
MB = 1_000_000


class Size(NamedTuple):
    """What is there of a process in memory, and its share of that: what it has with others is divided among them."""

    rss: float
    pss: float


def measure(data_dir: Path, options: argparse.Namespace) -> Iterator[Figure]:
    """Look at each process, and at all together, in MB of a million bytes."""
    looks = []
    with _everything(data_dir) as first:
        for _ in range(options.rounds):
            time.sleep(options.seconds)
            looks.append(_look(first))
    if any(look.keys() != looks[0].keys() for look in looks):
        stop("processes came and went, so what is left of them says nothing.")
    for name in looks[0]:
        yield _figure(name, [look[name] for look in looks])
    sums = [Size(*map(sum, zip(*look.values(), strict=True))) for look in looks]
    yield _figure(f"all {len(looks[0])} processes", sums, goal="RSS ≤ 450 MB")


@contextmanager
def _everything(data_dir: Path) -> Iterator[int]:
    """Runs from `script/server`, whose process id this is, and is ready."""
    port = str(free_port())
    ready = f"http://127.0.0.1:{port}/readyz"
    with running(
        [str(ROOT / "script" / "server")],
        {"DATA_DIR": str(data_dir), "PORT": port},
        is_ready=lambda first: answers(ready) and _has_all(first),
    ) as first:
        yield first


def _has_all(first: int) -> bool:
    return set(NAMES.values()) <= _look(first).keys()


def _look(first: int) -> dict[str, Size]:
    """The processes of a tree by their names, which are numbered where several have one."""
    sizes: dict[str, Size] = {}
    for pid in _tree(first):
        try:
            name = _name(Path(f"/proc/{pid}/cmdline").read_text())
            sizes[_numbered(name, sizes)] = _size(Path(f"/proc/{pid}/smaps_rollup").read_text())
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended
    return dict(sorted(sizes.items()))


def _tree(first: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, _, told = file.read_text().rpartition(") ")
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(told.split()[1]), []).append(int(file.parent.name))
    found = [first]
    for pid in found:
        found += sorted(children.get(pid, []))
    return found


def _name(command: str) -> str:
    arguments = command.replace("\0", " ").strip()
    return next((name for part, name in NAMES.items() if part in arguments), arguments[:60])


def _numbered(name: str, taken: dict[str, Size]) -> str:
    alike = sum(each.partition(",")[0] == name for each in taken)
    return f"{name}, {alike + 1}" if alike else name


def _size(told: str) -> Size:
    found = {name: int(number) * 1024 / MB for name, number in re.findall(r"^(Rss|Pss): +(\d+) kB", told, re.MULTILINE)}
    return Size(found["Rss"], found["Pss"])


def _figure(name: str, sizes: list[Size], *, goal: str = "") -> Figure:
    pss = sum(size.pss for size in sizes) / len(sizes)
    return Figure(name=name, unit="MB RSS", rounds=[size.rss for size in sizes], more={"PSS MB": pss}, goal=goal)
