"""Programs that run as long as they are measured, without the settings of whoever measures."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from bench.figures import stop
from tests.services import processes

ROOT = Path(__file__).resolve().parents[1]
STARTS_WITHIN = 60
# No DATABASE_URL or LOG_LEVEL that would make it another program.
INHERITED = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


@contextmanager
def running(
    arguments: list[str], environment: Mapping[str, str], *, is_ready: Callable[[int], bool] = lambda pid: True
) -> Iterator[int]:
    """Run a program, from when it is ready to the end of the block; its process id."""
    its_own = INHERITED | dict(environment)
    with processes.running(arguments, log=Path(os.devnull), cwd=ROOT, env=its_own) as process:
        give_up = time.monotonic() + STARTS_WITHIN
        while not is_ready(process.pid):
            if process.poll() is not None or time.monotonic() > give_up:
                stop(f"{' '.join(arguments)} was not ready within {STARTS_WITHIN} s.")
            time.sleep(0.05)
        yield process.pid


def answers(url: str) -> bool:
    """Whether somebody says that all is well there."""
    try:
        return requests.get(url, timeout=1).ok
    except requests.RequestException:
        return False
