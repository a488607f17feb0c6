"""Requests that come when they come, however busy the service is, or one after another."""

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from bench.scale.mix import Deed, Desk, Shares, arrivals, now

# Whoever finds all of them taken waits, which counts as waiting for the service.
DESKS = 32


class Took(NamedTuple):
    """How many seconds somebody waited for an answer, from when they wanted it."""

    deed: Deed
    seconds: float


def paced(url: str, tokens: Mapping[str, str], shares: Shares, *, rate: float, seconds: float, seed: int) -> list[Took]:
    """So many a second, at random moments that the seed decides."""
    coming = iter(arrivals(shares, rate=rate, seconds=seconds, seed=seed))
    turn, began = threading.Lock(), now() + 0.1

    def work(desk: Desk) -> list[Took]:
        found: list[Took] = []
        while True:
            with turn:
                at, deed = next(coming, (None, Deed.READ))
            if at is None:
                return found
            time.sleep(max(0.0, began + at - now()))
            desk.do(deed)
            found.append(Took(deed, now() - began - at))

    return _at_desks(work, url, tokens, seed)


def as_many_as_possible(
    url: str, tokens: Mapping[str, str], shares: Shares, *, seconds: float, seed: int
) -> list[Took]:
    """Each asks again once they are answered."""
    coming = itertools.cycle(arrivals(shares, rate=1000, seconds=20, seed=seed))
    turn, ends = threading.Lock(), now() + seconds

    def work(desk: Desk) -> list[Took]:
        found = []
        while now() < ends:
            with turn:
                _, deed = next(coming)
            since = now()
            desk.do(deed)
            found.append(Took(deed, now() - since))
        return found

    return _at_desks(work, url, tokens, seed)


def _at_desks(work: Callable[[Desk], list[Took]], url: str, tokens: Mapping[str, str], seed: int) -> list[Took]:
    desks = [Desk(url, tokens, seed + number) for number in range(DESKS)]
    with ThreadPoolExecutor(DESKS) as threads:
        return [each for found in threads.map(work, desks) for each in found]
