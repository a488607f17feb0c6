"""The service as a net of queues: requests that come, and what each of them needs of whom."""

import random
from functools import partial

import msgspec
import simpy

from bench.scale.following import Following, behind
from bench.scale.machines import Event
from bench.scale.mix import Deed, Shares
from bench.scale.net import Net
from bench.scale.plans import API, CLIENT, POSTGRES, REDIS, REPLICA, SCHEDULER, TRIPS, Plan
from bench.scale.record import Measured

# In seconds: until queues are as long as they become.
WARMS = 1.0


class Outcome(msgspec.Struct, kw_only=True):
    """Requests answered a second, how long each answer and what followed took, and how busy each part's cores were."""

    rate: float
    answered: dict[Deed, list[float]]
    followed: dict[Deed, list[float]]
    busy: dict[str, float]


class Simulation:
    """A plan under load, for some seconds that are simulated."""

    def __init__(self, measured: Measured, plan: Plan, *, seed: int) -> None:
        self._costs = measured.costs
        self._net = Net(measured, plan, random.Random(seed))
        self._following = Following(self._net, measured)
        self._hashing = [simpy.Resource(self._net.env, capacity=1) for _ in range(plan.processes[API])]
        self._answered: dict[Deed, list[float]] = {deed: [] for deed in Deed}
        for number in range(plan.processes[SCHEDULER]):
            self._net.start(self._following.schedule(number, measured.idle.get(SCHEDULER, 0.0)))

    def run(self, shares: Shares, seconds: float, *, rate: float = 0.0, desks: int = 0) -> Outcome:
        """Have so many requests come each second, or so many people ask again and again."""
        env, cores = self._net.env, self._net.cores
        if rate:
            self._net.start(self._come(shares, rate))
        for _ in range(desks):
            self._net.start(self._ask_again(shares))
        env.run(until=WARMS)
        for found in (*self._answered.values(), *self._following.took.values()):
            found.clear()
        before = {name: each.busy for name, each in cores.items()}
        env.run(until=WARMS + seconds)
        return Outcome(
            rate=sum(map(len, self._answered.values())) / seconds,
            answered=self._answered,
            followed=self._following.took,
            busy={name: (each.busy - before[name]) / seconds / each.number for name, each in cores.items()},
        )

    def _come(self, shares: Shares, rate: float) -> Event:
        while True:
            yield self._net.env.timeout(self._net.chance.expovariate(rate))
            self._net.start(self._request(self._any(shares)))

    def _ask_again(self, shares: Shares) -> Event:
        while True:
            yield from self._request(self._any(shares))

    def _any(self, shares: Shares) -> Deed:
        (deed,) = self._net.chance.choices(list(shares), list(shares.values()))
        return deed

    def _request(self, deed: Deed) -> Event:
        net, process = self._net, self._net.any(API)
        began, front, hashing = net.env.now, self._front(deed), self._hashes_for(deed)
        yield from net.work(CLIENT, front[CLIENT] / 2)
        yield from net.work(REDIS, front[REDIS])
        store = REPLICA if deed is Deed.LIST and REPLICA in net.parts else POSTGRES
        trips, _ = TRIPS[deed]
        yield from net.talk(API, process, front[API], store, front[POSTGRES], trips=trips)
        if hashing:
            yield from self._hash(process, hashing)
        alone = sum(self._front(deed, quiet=True).values()) + self._hashes_for(deed, quiet=True)
        yield net.wait(self._costs[deed].answered, alone)
        net.start(self._following.follow(deed))
        yield from net.work(CLIENT, front[CLIENT] / 2)
        self._answered[deed].append(net.env.now - began)

    def _front(self, deed: Deed, *, quiet: bool = False) -> dict[str, float]:
        """What it takes of each part until it is answered, but for a password's hash."""
        used = partial(self._net.used, deed, quiet=quiet)
        before = 1 - behind(deed)
        return {
            CLIENT: used(CLIENT) * (before if deed is Deed.REPORT else 1),
            API: used(API) - self._hashes_for(deed, quiet=quiet),
            **{part: used(part) * before for part in (REDIS, POSTGRES)},
        }

    def _hashes_for(self, deed: Deed, *, quiet: bool = False) -> float:
        """For how many seconds: what a log-in takes of the API beyond what reading does."""
        used = partial(self._net.used, part=API, quiet=quiet)
        return used(deed) - used(Deed.READ) if deed is Deed.LOG_IN else 0.0

    def _hash(self, process: int, seconds: float) -> Event:
        """One at a time in a process, which goes on meanwhile."""
        with self._hashing[process].request() as turn:
            yield turn
            yield from self._net.parts[API].cores.use(seconds)
