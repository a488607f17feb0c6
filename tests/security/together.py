"""Many threads that do something at the same moment."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from models.stores import drop_connection

Result = TypeVar("Result")


class NoQueue:
    """Grants every turn to hash at once, as many processes would together."""

    @contextmanager
    def turn(self, *parties: object, urgent: bool = False, timeout_seconds: float) -> Iterator[bool]:
        yield True


def together(number: int, act: Callable[[int], Result]) -> list[Result]:
    """Call *act* with 0, 1, 2 … in as many threads, which all begin when the last is ready."""
    ready = threading.Barrier(number)

    def run(which: int) -> Result:
        ready.wait(30)
        try:
            return act(which)
        finally:
            drop_connection()

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(run, range(number)))
