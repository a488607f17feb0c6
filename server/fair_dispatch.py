"""The order in which connections get a thread: in turn for each client network, with a share for each."""

import time
from collections import Counter, OrderedDict, deque
from typing import Generic, TypeVar

Connection = TypeVar("Connection")
REST_SECONDS = 0.02
# For this long after a network's request, the other networks have no more threads than their share.
ACTIVE_SECONDS = 2.0
# A client network, None for clients that are in no network of their own, and whether the request is slow.
Party = tuple[str | None, bool]


class FairDispatch(Generic[Connection]):
    """Round robin over client networks, and over the slow requests of each as if they were another's.

    A slow request makes its thread wait for a body. A network has one at a time, and all together have few, so that
    threads are left for the others. A network rests after each refusal, since a thousand refusals a second would take
    the processors from others. A network has *alone* threads at most, and *shared* while another one is active: busy
    threads take the interpreter's lock and the cores in turn, so that each of them slows the other network's request.
    Used by the accepting thread alone, so that it needs no lock.
    """

    def __init__(self, *, threads: int, alone: int, shared: int, slow: int) -> None:
        self._free = threads
        self._alone, self._shared = alone, shared
        self._most_slow = slow
        self._running: Counter[Party] = Counter()
        self._waiting: OrderedDict[Party, deque[Connection]] = OrderedDict()
        # By time.monotonic(): until when a network rests, and the latest request of each, the oldest first.
        self._resting: dict[str, float] = {}
        self._active: OrderedDict[str | None, float] = OrderedDict()

    def add(self, network: str | None, connection: Connection, *, is_slow: bool = False) -> None:
        """Have a connection wait for a thread."""
        self._waiting.setdefault((network, is_slow), deque()).append(connection)
        self._active[network] = time.monotonic()
        self._active.move_to_end(network)

    def rest(self, network: str | None) -> None:
        """Give the next thread to a network later; proxies' clients are not told apart here, and never rest."""
        if network is not None:
            self._resting[network] = max(time.monotonic(), self._resting.get(network, 0.0)) + REST_SECONDS

    @property
    def is_resting(self) -> bool:
        """Whether there is a network that rests."""
        now = time.monotonic()
        for network in [each for each, until in self._resting.items() if until <= now]:
            del self._resting[network]
        return bool(self._resting)

    def take(self) -> Connection | None:
        """The connection that gets a thread now; None if none waits, or none may."""
        if self._free:
            for party in self._waiting:
                if self._may_run(party):
                    return self._take_from(party)
        return None

    def done(self, network: str | None, *, was_slow: bool = False) -> None:
        """Take back the thread that served a connection of this network."""
        self._free += 1
        party = (network, was_slow)
        self._running[party] -= 1
        if not self._running[party]:
            del self._running[party]

    def _may_run(self, party: Party) -> bool:
        network, is_slow = party
        if is_slow and sum(number for (_, slow), number in self._running.items() if slow) >= self._most_slow:
            return False
        if network is None:
            return True
        if self._resting.get(network, 0.0) > time.monotonic():
            return False
        of_network = self._running[network, False] + self._running[network, True]
        return of_network < self._most_of_one() and not (is_slow and self._running[party])

    def _most_of_one(self) -> int:
        ended = time.monotonic() - ACTIVE_SECONDS
        while self._active and next(iter(self._active.values())) < ended:
            self._active.popitem(last=False)
        return self._alone if len(self._active) <= 1 else self._shared

    def _take_from(self, party: Party) -> Connection:
        self._free -= 1
        self._running[party] += 1
        waiting = self._waiting[party]
        connection = waiting.popleft()
        if waiting:
            self._waiting.move_to_end(party)
        else:
            del self._waiting[party]
        return connection
