"""Quota of active tasks per user, checked without a count for each task."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from models.errors import RateLimited
from models.stores import opened

# Between two counts a process hands out this share of what is left, so that several processes stay within it together.
SHARE = 16
COUNTED_AGAIN_AFTER_SECONDS = 1.0
# After a refusal, for each task that was counted: 10,000 are counted 20 times a second at most, however often one asks.
RESTS_SECONDS_PER_TASK = 5e-6
MOST_USERS = 1024


@dataclass
class _Allowance:
    left: int
    is_full: bool
    until: float


class Quota:
    """Allowances of users in this process; exact near the quota, but for tasks submitted at the same moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._allowances: dict[int, _Allowance] = {}

    def take(self, owner_id: int, *, count: Callable[[], int]) -> None:
        """Let a user have one more active task; RateLimited if they *count* MAX_ACTIVE_TASKS."""
        if self._is_allowed(owner_id):
            return
        active = count()
        left = opened.settings.max_active_tasks - active
        until = time.monotonic() + (COUNTED_AGAIN_AFTER_SECONDS if left > 0 else RESTS_SECONDS_PER_TASK * active)
        with self._lock:
            if len(self._allowances) >= MOST_USERS:
                self._allowances.clear()
            self._allowances[owner_id] = _Allowance(left=left // SHARE, is_full=left <= 0, until=until)
        if left <= 0:
            raise _too_many()

    def _is_allowed(self, owner_id: int) -> bool:
        with self._lock:
            known = self._allowances.get(owner_id)
            if known is None or time.monotonic() > known.until:
                return False
            if known.is_full:
                raise _too_many()
            known.left -= 1
            return known.left >= 0


def _too_many() -> RateLimited:
    return RateLimited("Too many of your tasks have not ended; cancel some, or wait.", retry_after=60)
