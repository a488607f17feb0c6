"""Rate limits, counted by the `limits` library: in Redis, those of defects in each process."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, RateLimiter

from models import password
from models.bulkhead import Bulkhead, network_of
from models.capacity import LOG_INS
from models.errors import RateLimited, TooManyAttempts
from models.stores import opened

PER_ACCOUNT_AND_ADDRESS = RateLimitItemPerMinute(10, 5, namespace="login")
PER_ADDRESS = RateLimitItemPerMinute(100, 5, namespace="login")
PASSWORD_CHANGES_PER_HOUR = 10


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A log-in to an account from an address.

    Counted by both together, so that nobody can lock the owner out from elsewhere, and by address.
    """

    account: str
    address: str

    def check(self) -> None:
        """Raise TooManyAttempts if as many as are allowed have failed; Unavailable without Redis."""
        with opened.redis.watched():
            window = _window()
            for limit, names in self._limits:
                if not window.test(limit, *names):
                    raise TooManyAttempts(retry_after=_seconds_left(window, limit, names))

    @contextmanager
    def turn(self, bulkhead: Bulkhead = LOG_INS, *, person: int | None = None) -> Iterator[None]:
        """Wait for the turn to compare a password; TooManyAttempts without waiting, or after it."""
        self.check()
        with password.turn(bulkhead, address=self.address, person=person):
            # Once more: those that waited with this one for their turn may have used up what was left.
            self.check()
            yield

    def failed(self) -> None:
        """Count it, and raise TooManyAttempts if others used up what was left; success is never counted."""
        with opened.redis.watched():
            window = _window()
            counted = [window.hit(limit, *names) for limit, names in self._limits]
        if not all(counted):
            self.check()

    @cached_property
    def _limits(self) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
        # Hashed: what people type as a name may be their password.
        account = hashlib.sha256(self.account.encode()).hexdigest()[:32]
        network = network_of(self.address)
        return [(PER_ACCOUNT_AND_ADDRESS, (account, network)), (PER_ADDRESS, (network,))]


@dataclass(frozen=True)
class HourlyLimit:
    """The most acts of a kind that one client or person may do within an hour; 0 is no limit."""

    kind: str
    key: str
    most: int

    def check(self) -> None:
        """Raise RateLimited if no more are allowed now; Unavailable without Redis."""
        self._take(MovingWindowRateLimiter.test)

    def count(self) -> None:
        """Count one; RateLimited if no more are allowed now, Unavailable without Redis."""
        self._take(MovingWindowRateLimiter.hit)

    def _take(self, step: Callable[..., bool]) -> None:
        if not self.most:
            return
        limit, names = RateLimitItemPerHour(self.most, namespace="hourly"), (self.kind, self.key)
        with opened.redis.watched():
            window = _window()
            if not step(window, limit, *names):
                text = f"Too many {self.kind}; wait as long as Retry-After says."
                raise RateLimited(text, retry_after=_seconds_left(window, limit, names))


def sign_ups(address: str) -> HourlyLimit:
    """SIGNUPS_PER_HOUR for the network of an address."""
    return HourlyLimit("sign-ups from this address", network_of(address), opened.settings.signups_per_hour)


def password_changes(user_id: int) -> HourlyLimit:
    """Limit how often a user changes their own password."""
    return HourlyLimit("changes of this password", str(user_id), PASSWORD_CHANGES_PER_HOUR)


def count_defect(user_id: int) -> None:
    """Count a defect of a user in this process; RateLimited after DEFECTS_PER_HOUR."""
    most = opened.settings.defects_per_hour
    if not most:
        return
    limit, window = RateLimitItemPerHour(most, namespace="defects"), FixedWindowRateLimiter(opened.process_counts)
    if not window.hit(limit, str(user_id)):
        text = "Too many defects; wait as long as Retry-After says."
        raise RateLimited(text, retry_after=_seconds_left(window, limit, (str(user_id),)))


def _window() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(opened.rate_limits)


def _seconds_left(window: RateLimiter, limit: RateLimitItem, names: tuple[str, ...]) -> int:
    return max(1, int(window.get_window_stats(limit, *names).reset_time - time.time()) + 1)
