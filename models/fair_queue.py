"""Turns that go to the waiting party that was served least recently."""

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from models.last_served import LastServed


class FairQueue:
    """Gives one turn at a time; a party that asks often waits for those that ask seldom."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Ticket] = []
        self._holder: _Ticket | None = None
        self._served = LastServed()
        self._last_was_urgent = False

    @contextmanager
    def turn(self, party: Hashable, *, urgent: bool = False, timeout_seconds: float) -> Iterator[bool]:
        """Wait for a turn and hold it for the block; yields False, without a turn, after the timeout.

        An urgent one goes first, unless the last one was urgent too.
        """
        ticket = _Ticket(party, urgent)
        try:
            with self._changed:
                self._waiting.append(ticket)
                self._grant()
                granted = self._changed.wait_for(lambda: self._holder is ticket, timeout_seconds)
            yield granted
        finally:
            with self._changed:
                if self._holder is ticket:
                    self._holder = None
                elif ticket in self._waiting:
                    self._waiting.remove(ticket)
                self._grant()

    def _grant(self) -> None:
        if self._holder is not None or not self._waiting:
            return
        self._holder = min(self._waiting, key=self._rank)
        self._waiting.remove(self._holder)
        self._last_was_urgent = self._holder.urgent
        self._served.mark(self._holder.party)
        self._changed.notify_all()

    def _rank(self, ticket: "_Ticket") -> tuple[bool, int]:
        return ticket.urgent == self._last_was_urgent, self._served[ticket.party]


class _Ticket:
    """A thread's place in the queue."""

    __slots__ = ("party", "urgent")

    def __init__(self, party: Hashable, urgent: bool) -> None:
        self.party = party
        self.urgent = urgent
