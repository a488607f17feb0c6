"""What stands where: this machine as it was measured, and many of them."""

import math

import msgspec

from bench.scale.mix import AT_ONE, SHARES, Deed
from bench.scale.record import Measured

API, WORKER, JAVASCRIPT, SCHEDULER = "API", "worker", "JavaScript worker", "scheduler"
DENO, POSTGRES, REPLICA, REDIS, CLIENT = "Deno", "Postgres", "replica", "Redis", "client"
# Threads of a JavaScript worker, each of which has a Deno.
SANDBOXES = 4
# Backends of Postgres: none waits for another but for a core.
MANY = 1000
# Statements of one of a kind, as Postgres logs them: before its answer, and of what follows. What Postgres does is
# divided among them, and between two of them it is the turn of the API, or of a worker.
TRIPS = {
    Deed.READ: (1, 0), Deed.LIST: (2, 0), Deed.REPORT: (7, 6), Deed.DELAY: (6, 3), Deed.JAVASCRIPT: (6, 5),
    Deed.LOG_IN: (4, 0),
}  # fmt: skip
# Of what Postgres does for a delay, this part is when the scheduler ends it, together with others.
AT_THE_END = 0.1
# In seconds: from one machine to another of the same data centre and back.
HOP = 0.0003


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Cores by machine or kind of machine, on which of them each part is, how many processes it has, and one way.

    *hop* is how many seconds it takes from one machine to another and back. Lists are read from a replica if there is
    one.
    """

    cores: dict[str, int]
    on: dict[str, str]
    processes: dict[str, int]
    hop: float = 0.0


# As `script/bench` starts it, with those who ask on the same two cores.
HERE = Plan(
    cores={"machine": 2},
    on=dict.fromkeys((API, WORKER, JAVASCRIPT, SCHEDULER, DENO, POSTGRES, REDIS, CLIENT), "machine"),
    processes={API: 2, WORKER: 1, JAVASCRIPT: 1, SCHEDULER: 1, DENO: SANDBOXES, POSTGRES: MANY, REDIS: 1, CLIENT: 1},
)


# At what is full load for these, twice as many would be busy half of the time: room for a bad moment.
ROOM = 2.0
# The largest Postgres of one machine that is had anywhere without asking.
ONE_POSTGRES = 16
# What takes the place of one Postgres and one Redis at so many times the load: cores of Postgres, cores of replicas
# that lists are read from, and how many Redis share the keys.
TAKES_OVER: dict[int, dict[str, int]] = {
    10: {POSTGRES: ONE_POSTGRES},
    100: {POSTGRES: 32, REPLICA: 16, REDIS: 3},
    1000: {POSTGRES: 8 * 32, REPLICA: 8 * 16, REDIS: 12},
}


def designed(measured: Measured, times: float) -> Plan:
    """As many processes of ours as they need, with one Postgres and one Redis."""
    return _spread(measured, times, {POSTGRES: ONE_POSTGRES})


def taken_over(measured: Measured, times: int) -> Plan:
    """The same with what docs/scale.md says takes over by then."""
    return _spread(measured, times, TAKES_OVER[times])


def _spread(measured: Measured, times: float, stores: dict[str, int]) -> Plan:
    """Machines of its own for each part."""
    ours = {part: _needed(measured, times, part) for part in (API, WORKER, SCHEDULER, DENO)}
    sandboxes = max(1, math.ceil(ours[DENO] / SANDBOXES))
    processes = {**ours, JAVASCRIPT: sandboxes, DENO: sandboxes * SANDBOXES, REDIS: stores.get(REDIS, 1), CLIENT: MANY}
    cores = {**processes, **stores}
    return Plan(
        cores=cores, on={part: part for part in cores}, hop=HOP,
        processes={**processes, **{part: MANY for part in (POSTGRES, REPLICA) if part in stores}},
    )  # fmt: skip


def _needed(measured: Measured, times: float, part: str) -> int:
    return max(2, math.ceil(used_at_one(measured, part, load=1.0) * times * ROOM))


def used_at_one(measured: Measured, part: str, *, load: float) -> float:
    """Seconds that a part is taken up each second at 1x, where so much of its machine is busy."""
    used = sum(share * measured.costs[deed].used(part, load) for deed, share in SHARES.items())
    if part == SCHEDULER:
        # It waits for what it has Postgres do.
        used += SHARES[Deed.DELAY] * measured.costs[Deed.DELAY].used(POSTGRES, load) * AT_THE_END
    return AT_ONE * used
