"""Processes that tests start, and that never outlive them."""

import resource
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from lifetime import end_with_parent

# Linux gives outgoing connections 32768 and above, unless told otherwise.
BELOW_THOSE_OF_CONNECTIONS = range(10_000, 32_768)


@contextmanager
def running(
    arguments: list[str], *, log: Path, stop: signal.Signals = signal.SIGTERM, **options: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the end of the block, with all it says in a file."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            arguments,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            preexec_fn=partial(end_with_parent, by=stop),
            **options,
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(
    fact: Callable[[], Any], *, seconds: float = 20, every: float = 0.02, what: str | Callable[[], str]
) -> Any:
    """Wait for a fact, and fail with its name, or what is known then, if it does not come true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := fact():
            return found
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")


def free_port() -> int:
    """A port that nobody listens on right now, and that no outgoing connection gets before it is listened on."""
    while True:
        port = secrets.choice(BELOW_THOSE_OF_CONNECTIONS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def many_files(number: int) -> Iterator[None]:
    """Allow this process as many open files until the end of the block."""
    allowed, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(allowed, number), highest))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, highest))
