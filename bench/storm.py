"""People who log in at the same time, each from an address of their own, again and again."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.figures import stop
from bench.servers import PASSWORD

LONGEST = 60


@dataclass
class Storm:
    """Log-ins as they are answered: how many there were, how many were put off, and how long the slowest took.

    Put off is who got a 429 or 503 that says when to come back; *slowest* is in seconds.
    """

    done: int = 0
    put_off: int = 0
    slowest: float = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, status: int, seconds: float) -> None:
        """Count an answer."""
        with self._lock:
            self.done += status == 201
            self.put_off += status != 201
            self.slowest = max(self.slowest, seconds)

    def rate(self, seconds: float) -> float:
        """How many a second there are from now on."""
        before, start = self.done, time.perf_counter()
        time.sleep(seconds)
        return (self.done - before) / (time.perf_counter() - start)


@contextmanager
def storm(url: str, people: int) -> Iterator[Storm]:
    """So many who log in while the block runs; each has begun."""
    seen, over = Storm(), threading.Event()
    with ThreadPoolExecutor(people) as crowd:
        each = [crowd.submit(_again_and_again, url, number, seen, over.is_set) for number in range(people)]
        try:
            _wait_for_the_first(seen, each)
            yield seen
        finally:
            over.set()
        for one in each:
            one.result()


def log_in(url: str, number: int) -> int:
    """Log in as one of those whom `seed` has made, over a connection of one's own; the status of the answer."""
    # All of 127.0.0.0/8 is this machine: each person has an address, as the throttle would see it.
    where = (f"127.0.1.{number % 250 + 1}", 0)
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=LONGEST, source_address=where)
    document = json.dumps({"username": f"user{number}", "password": PASSWORD})
    connection.request("POST", "/auth", document, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    if answer.status not in (201, 429, 503) or (answer.status != 201 and not answer.headers["Retry-After"]):
        stop(f"a log-in was answered {answer.status}: {said[:200]!r}")
    return answer.status


def _again_and_again(url: str, number: int, seen: Storm, is_over: Callable[[], bool]) -> None:
    while not is_over():
        start = time.perf_counter()
        seen.note(log_in(url, number), time.perf_counter() - start)


def _wait_for_the_first(seen: Storm, each: list[Future[None]]) -> None:
    while not seen.done and not any(one.done() for one in each):
        time.sleep(0.01)
