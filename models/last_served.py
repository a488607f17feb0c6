"""The order in which parties were last served."""

import itertools
from collections.abc import Hashable

REMEMBERED_PARTIES = 1000


class LastServed:
    """Remembers the parties that were served last; the caller holds a lock."""

    def __init__(self) -> None:
        self._clock = itertools.count(1)
        # The longest ago first.
        self._served: dict[Hashable, int] = {}

    def __getitem__(self, party: Hashable) -> int:
        """When a party was served last: greater is later, 0 is never or forgotten."""
        return self._served.get(party, 0)

    def mark(self, party: Hashable) -> None:
        """Note that a party is served now."""
        self._served.pop(party, None)
        self._served[party] = next(self._clock)
        if len(self._served) > REMEMBERED_PARTIES:
            del self._served[next(iter(self._served))]
