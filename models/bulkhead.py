"""Bulkheads: limits on the threads that one kind of slow work may hold."""

import ipaddress
import itertools
import threading
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import lru_cache

from models.errors import Unavailable
from models.last_served import LastServed

IPV6_NETWORK_BITS = 64
# A provider's customer may have as many networks as this one holds.
IPV6_SITE_BITS = 48


class BulkheadFull(Unavailable):
    """No place was free in time."""

    HAD_SHARE = True

    def __init__(self, text: str) -> None:
        super().__init__(text, retry_after=2)


class Bulkhead:
    """Admits a bounded number of calls in all, per client network and per person; a few more wait for a place.

    One call of a network waits at most. Places and seats to wait in go to the site, and then to the network, that was
    served least recently: to retry fast, or from another network of one's own, gains nothing.
    """

    def __init__(
        self,
        name: str,
        *,
        places: int,
        per_network: int = 1,
        per_person: int = 1,
        waiting: int,
        wait_seconds: float,
        refusal: str = "Too much of this is under way; try again in a moment.",
    ) -> None:
        self.name = name
        self.places, self.per_network, self.per_person = places, per_network, per_person
        self.waiting, self.wait_seconds = waiting, wait_seconds
        self._refusal = refusal
        self._changed = threading.Condition()
        self._held: Counter[Hashable] = Counter()
        self._queue: list[_Call] = []
        self._served = LastServed()
        self._numbers = itertools.count()

    @contextmanager
    def place(self, *, address: str, person: Hashable = None) -> Iterator[None]:
        """Hold a place for the block; BulkheadFull if none is free within `wait_seconds`.

        *person* is left out where the caller is not known yet.
        """
        call = _Call(address, person)
        with self._changed:
            call.number = next(self._numbers)
            if not self._enters(call):
                raise BulkheadFull(self._refusal)
            self._held += Counter(call.parties)
            for party in call.rank_by:
                self._served.mark(party)
        try:
            yield
        finally:
            with self._changed:
                self._held -= Counter(call.parties)
                self._changed.notify_all()

    def _enters(self, call: "_Call") -> bool:
        if self._is_next(call):
            return True
        if self._already_waits(call) or not self._finds_a_seat(call):
            return False
        self._queue.append(call)
        try:
            self._changed.wait_for(lambda: call.is_evicted or self._is_next(call), self.wait_seconds)
            return not call.is_evicted and self._is_next(call)
        finally:
            if not call.is_evicted:
                self._queue.remove(call)
            self._changed.notify_all()

    def _finds_a_seat(self, call: "_Call") -> bool:
        """Whether it may wait: where all seats are taken, it evicts a call of a network that was served later."""
        if len(self._queue) < self.waiting:
            return True
        latest = max(self._queue, key=self._rank, default=None)
        if latest is None or self._rank(latest) <= self._rank(call):
            return False
        latest.is_evicted = True
        self._queue.remove(latest)
        self._changed.notify_all()
        return True

    def _is_next(self, call: "_Call") -> bool:
        """Whether there is room, and no call that waits and comes before it could use it."""
        before = [each for each in self._queue if self._rank(each) < self._rank(call)]
        return self._has_room(call) and not any(map(self._has_room, before))

    def _has_room(self, call: "_Call") -> bool:
        limits = (self.places, self.per_network, self.per_person)
        return all(self._held[party] < limit for party, limit in zip(call.parties, limits, strict=False))

    def _rank(self, call: "_Call") -> tuple[list[int], int]:
        return [self._served[party] for party in call.rank_by], call.number

    def _already_waits(self, call: "_Call") -> bool:
        """Whether another call of this network or person waits: one each, or one client would fill the queue."""
        return any(party in each.parties for each in self._queue for party in call.parties[1:])


class _Call:
    """A call that wants a place."""

    __slots__ = ("is_evicted", "number", "parties", "rank_by")

    def __init__(self, address: str, person: Hashable) -> None:
        network = network_of(address)
        self.parties = (("all", None), ("network", network), *([] if person is None else [("person", person)]))
        self.rank_by = (("site", network_of(address, IPV6_SITE_BITS)), ("network", network))
        self.number = 0
        self.is_evicted = False


@lru_cache(maxsize=1024)
def network_of(address: str, ipv6_bits: int = IPV6_NETWORK_BITS) -> str:
    """The network that counts as one client: an IPv4 address, or the /64 that an IPv6 customer is given at least."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, ipv6_bits), strict=False))
