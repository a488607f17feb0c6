"""Connections are shared evenly among gunicorn's processes: else one may get nearly all of those that are kept."""

import mmap
import selectors
import time
from typing import Any

from gunicorn.sock import BaseSocket

from reception import ReceivingWorker

# In seconds: so long whoever has more connections than another leaves a new one to it.
LEFT_TO_OTHERS = 0.002
MOST_PROCESSES = 2048
# As many serve at once, at most, while one follows the other.
_GENERATIONS = 3
NOT_SERVING = 2**32 - 1
# How many connections the process in each slot has; those that are forked share it.
_connections = memoryview(mmap.mmap(-1, 4 * MOST_PROCESSES)).cast("I")
for _slot in range(MOST_PROCESSES):
    _connections[_slot] = NOT_SERVING


class SharingWorker(ReceivingWorker):
    """Leaves a new connection to a process that has fewer.

    The kernel's own way, a listening socket for each process, would reset who waits in one that is replaced.
    """

    slot: int  # which Slots.assign gives

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._left: list[BaseSocket] = []
        self._left_until = 0.0
        self._has_waited = False

    def run(self) -> None:
        _connections[self.slot] = 0
        super().run()

    def accept(self, listener: BaseSocket) -> None:
        # One that is still there when the others' time is over is nobody else's; later ones are.
        if self._has_waited or not self.alive or self.nr_conns <= min(_connections[: _GENERATIONS * self.cfg.workers]):
            super().accept(listener)
        else:
            self.poller.unregister(listener)
            self._left.append(listener)
            self._left_until = time.monotonic() + LEFT_TO_OTHERS

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        _connections[self.slot] = max(self.nr_conns, 0) if self.alive else NOT_SERVING
        if self._left:
            timeout = LEFT_TO_OTHERS
        super().wait_for_and_dispatch_events(0 if self._has_waited else timeout)
        self._has_waited = False
        if self._left and time.monotonic() >= self._left_until:
            self._look_again()
            self._has_waited = True

    def set_accept_enabled(self, enabled: bool) -> None:
        self._look_again()
        super().set_accept_enabled(enabled)

    def _look_again(self) -> None:
        for listener in self._left:
            self.poller.register(listener, selectors.EVENT_READ, self.accept)
        self._left.clear()


def is_gone(server: Any, worker: SharingWorker) -> None:
    """Leave nothing to a process that has ended, whatever ended it; gunicorn's master calls this."""
    _connections[worker.slot] = NOT_SERVING
