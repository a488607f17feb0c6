"""The open connections of each client network, and the most that one may have."""

from weakref import WeakSet

from gunicorn.workers.gthread import TConn


class OpenConnections:
    """Counts connections by network until they are garbage-collected; used by the accepting thread alone."""

    def __init__(self, *, most: int, per_network: int) -> None:
        self._most = most
        self._per_network = per_network
        self._by_network: dict[str, WeakSet[TConn]] = {}

    def admits(self, network: str | None, connection: TConn) -> bool:
        """Count a new connection; False if its network has as many as one may. Without a network there is no limit."""
        if network is None:
            return True
        if len(self._by_network) > self._most:
            self._by_network = {name: some for name, some in self._by_network.items() if some}
        open_ones = self._by_network.setdefault(network, WeakSet())
        if len(open_ones) >= self._per_network:
            return False
        open_ones.add(connection)
        return True
