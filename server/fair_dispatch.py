"""The order in which connections get a thread: in turn for each client network, with a share for each."""

from collections import Counter, OrderedDict, deque
from typing import Generic, TypeVar

Connection = TypeVar("Connection")


class FairDispatch(Generic[Connection]):
    """Round robin over client networks; None stands for clients that are in no network of their own.

    Used by the accepting thread alone, so that it needs no lock.
    """

    def __init__(self, *, threads: int, per_network: int) -> None:
        self._free = threads
        self._per_network = per_network
        self._running: Counter[str | None] = Counter()
        self._waiting: OrderedDict[str | None, deque[Connection]] = OrderedDict()

    def add(self, network: str | None, connection: Connection) -> None:
        """Have a connection wait for a thread."""
        self._waiting.setdefault(network, deque()).append(connection)

    def take(self) -> Connection | None:
        """The connection that gets a thread now; None if none waits, or none may."""
        if self._free:
            for network in self._waiting:
                if network is None or self._running[network] < self._per_network:
                    return self._take_from(network)
        return None

    def done(self, network: str | None) -> None:
        """Take back the thread that served a connection of this network."""
        self._free += 1
        self._running[network] -= 1
        if not self._running[network]:
            del self._running[network]

    def _take_from(self, network: str | None) -> Connection:
        self._free -= 1
        self._running[network] += 1
        waiting = self._waiting[network]
        connection = waiting.popleft()
        if waiting:
            self._waiting.move_to_end(network)
        else:
            del self._waiting[network]
        return connection
