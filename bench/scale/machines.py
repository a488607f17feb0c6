"""What the simulation is made of: cores that parts share, and parts that do one thing at a time, or many."""

import math
from collections.abc import Generator
from typing import Any

import simpy

# In seconds: whoever wants a core for longer lets others have it between, in turn. Linux's own for two cores.
SLICE = 0.0014
# How long it takes in seconds until a machine that has become busy is one that is busy.
REMEMBERS = 0.1

Event = Generator[Any, Any, None]


class Cores:
    """So many processors, and for how long they were *busy*, all together."""

    def __init__(self, env: simpy.Environment, number: int) -> None:
        self._env = env
        self.number = number
        self.busy = 0.0
        self._free = simpy.Resource(env, capacity=number)
        self._load = self._level = self._since = 0.0

    @property
    def load(self) -> float:
        """How much of them was in use lately, from 0 to 1."""
        remembered = math.exp((self._since - self._env.now) / REMEMBERS)
        return self._level + (self._load - self._level) * remembered

    def use(self, seconds: float) -> Event:
        """Have one for so long, slice by slice."""
        self.busy += seconds
        while seconds > 0:
            part = min(SLICE, seconds)
            with self._free.request() as turn:
                yield turn
                self._note()
                yield self._env.timeout(part)
            self._note()
            seconds -= part

    def _note(self) -> None:
        self._load, self._since = self.load, self._env.now
        self._level = self._free.count / self.number


class Part:
    """Processes of a kind on some cores; each does *at_once* things at a time: one where Python's lock has it so."""

    def __init__(self, env: simpy.Environment, cores: Cores, *, processes: int, at_once: int = 1) -> None:
        self.cores = cores
        self.processes = [simpy.Resource(env, capacity=at_once) for _ in range(processes)]

    def work(self, process: int, seconds: float) -> Event:
        """Have one of them work for so long."""
        with self.processes[process % len(self.processes)].request() as turn:
            yield turn
            yield from self.cores.use(seconds)
