"""Bulkheads: limits on the threads that one kind of slow work may hold."""

import ipaddress
import itertools
import threading
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import lru_cache

from models.errors import Unavailable

IPV6_NETWORK_BITS = 64
WAIT_SECONDS = 1.0
Shares = dict[Hashable, int]


class BulkheadFull(Unavailable):
    """No place was free in time."""

    def __init__(self, text: str) -> None:
        super().__init__(text, retry_after=2)


class Bulkhead:
    """Admits a bounded number of calls in all, per client network and per person; a few more wait for a place.

    `threads` is the most threads that its calls hold at a time, waiting ones included.
    """

    def __init__(
        self,
        name: str,
        *,
        places: int,
        per_network: int,
        per_person: int,
        waiting: int = 0,
        wait_seconds: float = WAIT_SECONDS,
        refusal: str = "Too much of this is under way; try again in a moment.",
    ) -> None:
        self.name = name
        self.places, self.per_network, self.per_person = places, per_network, per_person
        self.waiting, self.wait_seconds = waiting, wait_seconds
        self._refusal = refusal
        self._changed = threading.Condition()
        self._held: Counter[Hashable] = Counter()
        self._queue: list[Shares] = []

    @property
    def threads(self) -> int:
        """The most threads that its calls hold at a time."""
        return self.places + self.waiting

    @contextmanager
    def place(self, *, address: str, person: Hashable = None) -> Iterator[None]:
        """Hold a place for the block; BulkheadFull if none is free within `wait_seconds`.

        *person* is left out where the caller is not known yet.
        """
        shares: Shares = {"all": self.places, ("network", network_of(address)): self.per_network}
        if person is not None:
            shares["person", person] = self.per_person
        with self._changed:
            if not self._enters(shares):
                raise BulkheadFull(self._refusal)
            self._held += Counter(shares.keys())
        try:
            yield
        finally:
            with self._changed:
                self._held -= Counter(shares.keys())
                self._changed.notify_all()

    def _enters(self, shares: Shares) -> bool:
        if self._is_next(shares):
            return True
        if len(self._queue) >= self.waiting or self._already_waits(shares):
            return False
        self._queue.append(shares)
        try:
            return self._changed.wait_for(lambda: self._is_next(shares), self.wait_seconds)
        finally:
            self._queue.remove(shares)
            self._changed.notify_all()

    def _is_next(self, shares: Shares) -> bool:
        """Whether there is room, and no call that waits for longer could use it."""
        earlier = itertools.takewhile(lambda each: each is not shares, self._queue)
        return self._has_room(shares) and not any(map(self._has_room, earlier))

    def _has_room(self, shares: Shares) -> bool:
        return all(self._held[key] < most for key, most in shares.items())

    def _already_waits(self, shares: Shares) -> bool:
        """Whether another call of this network or person waits: one each, or one client would fill the queue."""
        return any(key in each for each in self._queue for key in shares if key != "all")


@lru_cache(maxsize=1024)
def network_of(address: str) -> str:
    """The network that counts as one client: an IPv4 address, or the /64 that an IPv6 customer is given whole."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, IPV6_NETWORK_BITS), strict=False))
