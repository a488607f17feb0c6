"""How much memory everything takes that `script/server` starts, while nobody asks it for anything."""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Figure, stop
from bench.processes import ROOT, answers, running
from bench.resident import Size, processes
from tests.services.processes import free_port

# What `script/server` runs, at the least.
EVERYTHING = {
    *("API", "worker", "JavaScript worker", "scheduler"),
    *("sample counter server", "Redis", "supervisor", "serve.py"),
}


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
    return _look(first).keys() >= EVERYTHING


def _look(first: int) -> dict[str, Size]:
    """The processes of a tree by their names, which are numbered where several have one."""
    sizes: dict[str, Size] = {}
    for process in processes(first):
        sizes[_numbered(process.name, sizes)] = process.size
    return dict(sorted(sizes.items()))


def _numbered(name: str, taken: dict[str, Size]) -> str:
    alike = sum(each.partition(",")[0] == name for each in taken)
    return f"{name}, {alike + 1}" if alike else name


def _figure(name: str, sizes: list[Size], *, goal: str = "") -> Figure:
    pss = sum(size.pss for size in sizes) / len(sizes)
    return Figure(name=name, unit="MB RSS", rounds=[size.rss for size in sizes], more={"PSS MB": pss}, goal=goal)
