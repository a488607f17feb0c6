"""What follows a request in the simulation: a notice, a delay that ends, a piece of JavaScript."""

from functools import partial

from bench.scale.machines import Event
from bench.scale.mix import DELAY_SECONDS, Deed
from bench.scale.net import Net
from bench.scale.plans import (
    AT_THE_END,
    CLIENT,
    DENO,
    JAVASCRIPT,
    POSTGRES,
    REDIS,
    SCHEDULER,
    TRIPS,
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
            yield from self._work(deed, WORKER)
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
            yield from net.work(POSTGRES, net.used(delay, POSTGRES) * AT_THE_END * len(ended))
            self.took[delay] += [net.env.now - due for due in ended]
            yield from net.parts[SCHEDULER].work(number, net.used(delay, SCHEDULER) * len(ended))

    def _serve(self, deed: Deed, worker: str) -> Event:
        began = self._net.env.now
        alone = sum(self._net.used(deed, part, quiet=True) for part in (worker, DENO))
        alone += sum(self._behind(deed, quiet=True).values())
        yield self._net.wait(self._costs[deed].followed, alone)
        yield from self._work(deed, worker)
        self.took[deed].append(self._net.env.now - began)

    def _work(self, deed: Deed, worker: str) -> Event:
        net, rest, (_, trips) = self._net, self._behind(deed), TRIPS[deed]
        yield from net.work(REDIS, rest[REDIS])
        yield from net.work(DENO, net.used(deed, DENO))
        yield from net.work(CLIENT, rest[CLIENT])
        process = net.any(worker)
        yield from net.talk(worker, process, net.used(deed, worker), POSTGRES, rest[POSTGRES], trips=trips)

    def _behind(self, deed: Deed, *, quiet: bool = False) -> dict[str, float]:
        """What it takes of each part after the answer."""
        used, left = partial(self._net.used, deed, quiet=quiet), behind(deed)
        at_the_end = AT_THE_END if deed is Deed.DELAY else 0.0
        return {
            REDIS: used(REDIS) * left,
            # The counter server is the client's.
            CLIENT: used(CLIENT) * left if deed is Deed.REPORT else 0.0,
            POSTGRES: used(POSTGRES) * (left - at_the_end),
        }


def behind(deed: Deed) -> float:
    """What part of the stores' work for one of a kind is after its answer."""
    before, after = TRIPS[deed]
    return after / (before + after)
