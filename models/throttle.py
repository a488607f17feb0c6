"""How many wrong passwords may come from where, counted in Redis by the `limits` library."""

import hashlib
import ipaddress
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from limits import RateLimitItemPerMinute
from limits.strategies import MovingWindowRateLimiter

from models import password
from models.errors import TooManyAttempts
from models.stores import opened

PER_ACCOUNT_AND_ADDRESS = RateLimitItemPerMinute(10, 5, namespace="login")
PER_ADDRESS = RateLimitItemPerMinute(100, 5, namespace="login")
IPV6_NETWORK = 64


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
            window = MovingWindowRateLimiter(opened.failed_logins)
            for limit, names in self._limits:
                if not window.test(limit, *names):
                    reset_time = window.get_window_stats(limit, *names).reset_time
                    raise TooManyAttempts(retry_after=max(1, int(reset_time - time.time()) + 1))

    @contextmanager
    def turn(self, *, signed_in: bool = False) -> Iterator[None]:
        """Wait for the turn to compare a password; TooManyAttempts without waiting, or after it."""
        self.check()
        with password.turn(signed_in=signed_in):
            # Once more: those that waited with this one for their turn may have used up what was left.
            self.check()
            yield

    def failed(self) -> None:
        """Count it, and raise TooManyAttempts if others used up what was left; success is never counted."""
        with opened.redis.watched():
            window = MovingWindowRateLimiter(opened.failed_logins)
            counted = [window.hit(limit, *names) for limit, names in self._limits]
        if not all(counted):
            self.check()

    @cached_property
    def _limits(self) -> list[tuple[RateLimitItemPerMinute, tuple[str, ...]]]:
        # Hashed: what people type as a name may be their password.
        account = hashlib.sha256(self.account.encode()).hexdigest()[:32]
        place = _place(self.address)
        return [(PER_ACCOUNT_AND_ADDRESS, (account, place)), (PER_ADDRESS, (place,))]


def _place(address: str) -> str:
    """An IPv4 address, or the network that an IPv6 customer is given whole."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, IPV6_NETWORK), strict=False))
