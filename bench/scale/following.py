"""What follows a request in the simulation: a notice, a delay that ends, a piece of JavaScript."""

from functools import partial

from bench.scale.machines import LONG, Event
from bench.scale.mix import DELAY_SECONDS, Deed
from bench.scale.net import Net
from bench.scale.plans import (
    AT_THE_END,
    BEFORE,
    CLIENT,
    DENO,
    JAVASCRIPT,
    POSTGRES,
    REDIS,
    SCHEDULER,
    WORKER,
)
from bench.scale.record import Measured
from workers.scheduler import LOOKS_EVERY


class Following:
    """How long it *took* from when it was asked for; of delays, from when they were due."""

    def __init__(self, net: Net, measured: Measured) -> None:
        self._net, self._costs = net, measured.costs
        self._due: list[float] = []
        self.took: dict[Deed, list[float]] = {deed: [] for deed in Deed}

    def follow(self, deed: Deed) -> Event:
        """Do what follows, if anything does."""
        if deed is Deed.DELAY:
            self._due.append(self._net.env.now + DELAY_SECONDS)
            yield from self._work(deed, WORKER, self._behind(deed, less=AT_THE_END))
        elif self._costs[deed].followed:
            yield from self._serve(deed, JAVASCRIPT if deed is Deed.JAVASCRIPT else WORKER)

    def schedule(self, number: int, idle: float) -> Event:
        """Look for what is due, end it, and rest; whoever finds it first has it."""
        net, delay = self._net, Deed.DELAY
        while True:
            yield net.env.timeout(LOOKS_EVERY)
            yield from net.parts[SCHEDULER].work(number, idle * LOOKS_EVERY)
            now = net.env.now
            ended = [due for due in self._due if due <= now]
            self._due = [due for due in self._due if due > now]
            self.took[delay] += [now - due for due in ended]
            yield from net.work(POSTGRES, net.used(delay, POSTGRES) * AT_THE_END * len(ended))
            yield from net.parts[SCHEDULER].work(number, net.used(delay, SCHEDULER) * len(ended))

    def _serve(self, deed: Deed, worker: str) -> Event:
        began = self._net.env.now
        alone = sum(self._net.used(deed, part, quiet=True) for part in (worker, DENO))
        alone += sum(self._behind(deed, quiet=True).values())
        yield self._net.wait(self._costs[deed].followed, alone)
        yield from self._work(deed, worker, self._behind(deed))
        self.took[deed].append(self._net.env.now - began)

    def _work(self, deed: Deed, worker: str, behind: dict[str, float]) -> Event:
        yield from self._net.work(worker, self._net.used(deed, worker))
        yield from self._net.work(DENO, self._net.used(deed, DENO), priority=LONG)
        for part, seconds in behind.items():
            yield from self._net.work(part, seconds)

    def _behind(self, deed: Deed, *, less: float = 0.0, quiet: bool = False) -> dict[str, float]:
        """What it takes of each part after the answer, less what Postgres does at the end."""
        left, used = 1 - BEFORE[deed], partial(self._net.used, deed, quiet=quiet)
        return {REDIS: used(REDIS) * left, CLIENT: used(CLIENT) * left, POSTGRES: used(POSTGRES) * (left - less)}
