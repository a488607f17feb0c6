"""The parts of the service on their machines, and what each of them takes for a request."""

import random
from typing import Any

import simpy

from bench.scale.machines import Cores, Event, Part
from bench.scale.mix import Deed
from bench.scale.plans import API, CLIENT, DENO, JAVASCRIPT, REDIS, SCHEDULER, WORKER, Plan
from bench.scale.record import Measured

# These do one thing at a time in each process.
ONE_AT_A_TIME = {API, SCHEDULER, REDIS, CLIENT}
# And so do these, but whichever is free takes what waits for all of them.
FROM_ONE_QUEUE = {WORKER, JAVASCRIPT, DENO}
# In seconds.
IDLES_EVERY = 0.05


class Net:
    """A plan made of queues, whose clock is *env*; what chance decides is decided by *chance*."""

    def __init__(self, measured: Measured, plan: Plan, chance: random.Random) -> None:
        self.env = simpy.Environment()
        self.plan, self.chance = plan, chance
        self._costs = measured.costs
        self.cores = {name: Cores(self.env, number) for name, number in plan.cores.items()}
        self.parts = {part: self._part(part, where) for part, where in plan.on.items()}
        for part, used in measured.idle.items():
            # The scheduler's looks are its own; and who asks does nothing while they don't.
            if part in self.parts and part not in (SCHEDULER, CLIENT):
                self.start(self._idle(part, used))

    def start(self, event: Event) -> None:
        """Have something begin now."""
        self.env.process(event)

    def used(self, deed: Deed, part: str, *, quiet: bool = False) -> float:
        """What a part takes for one of a kind, as busy as its machine is now, or as it would be while that is quiet."""
        if part not in self.parts:
            return 0.0
        return self._costs[deed].used(part, 0.0 if quiet else self.parts[part].cores.load)

    def work(self, part: str, seconds: float) -> Event:
        """Have any process of a part work for so long."""
        yield from self.parts[part].work(self.any(part), seconds)

    def any(self, part: str) -> int:
        """The number of one of its processes."""
        return self.chance.randrange(len(self.parts[part].processes))

    def talk(self, part: str, process: int, seconds: float, store: str, stored: float, *, trips: int) -> Event:
        """Have a process work, and ask a store so many times in between."""
        for _ in range(trips):
            yield from self.parts[part].work(process, seconds / trips)
            yield from self.work(store, stored / trips)
            yield self.env.timeout(self.plan.hop)

    def wait(self, took: list[float], path: float) -> Any:
        """Wait as one of those that were alone did, beside their quiet *path*: for the disk, to be woken."""
        return self.env.timeout(max(0.0, self.chance.choice(took) - path))

    def _part(self, part: str, where: str) -> Part:
        cores, number = self.cores[where], self.plan.processes[part]
        if part in FROM_ONE_QUEUE:
            return Part(self.env, cores, processes=1, at_once=number)
        return Part(self.env, cores, processes=number, at_once=1 if part in ONE_AT_A_TIME else cores.number)

    def _idle(self, part: str, used: float) -> Event:
        """What a part does while nobody asks."""
        while True:
            yield self.env.timeout(IDLES_EVERY)
            yield from self.work(part, used * IDLES_EVERY)
