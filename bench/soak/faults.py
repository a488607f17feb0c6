"""What may go wrong each minute; each is over after some seconds, and what died is started again."""

import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.crew import JAVASCRIPT, SCHEDULER, WORKER, Member, children, kill
from tests.chaos.house import House
from tests.services.counter import CounterServer, answers
from tests.services.postgres import started, stop_immediately

# In seconds.
FROZEN_FOR, DOWN_FOR, AWAY_FOR = 10, 3, 20


@dataclass(frozen=True)
class Scene:
    """All that a fault may be done to; *postgres* is the folder of its cluster, if the database is one."""

    house: House
    counter: CounterServer
    postgres: Path | None
    chance: random.Random
    stack: ExitStack


Fault = Callable[[Scene], None]


def worker_killed(scene: Scene) -> None:
    """One of the processes that deliver notices is killed with -9."""
    _kill_child(scene, WORKER)


def master_killed(scene: Scene) -> None:
    """A worker is killed with all its children."""
    kill(*_one(scene, WORKER).pids())


def javascript_killed(scene: Scene) -> None:
    """The process that runs sandboxes is killed with -9."""
    _kill_child(scene, JAVASCRIPT)


def scheduler_killed(scene: Scene) -> None:
    """One of two schedulers is killed with -9."""
    kill(_one(scene, SCHEDULER).master.pid)


def worker_stopped(scene: Scene) -> None:
    """A worker or the JavaScript worker is told to stop."""
    _one(scene, scene.chance.choice([WORKER, JAVASCRIPT])).master.terminate()


def serving_killed(scene: Scene) -> None:
    """One of two processes that serve is killed with -9."""
    kill(max(children(scene.house.gunicorn.pid)))


def redis_frozen(scene: Scene) -> None:
    """Redis says nothing for a while."""
    scene.house.signal_redis(signal.SIGSTOP)
    time.sleep(FROZEN_FOR)
    scene.house.signal_redis(signal.SIGCONT)


def redis_killed(scene: Scene) -> None:
    """Redis is killed with -9, and comes back with what it kept."""
    scene.house.signal_redis(signal.SIGKILL)
    time.sleep(DOWN_FOR)
    scene.house.start_redis()


def redis_emptied(scene: Scene) -> None:
    """Redis is killed with -9, and comes back empty."""
    scene.house.signal_redis(signal.SIGKILL)
    time.sleep(DOWN_FOR)
    scene.house.empty_redis()


def postgres_stopped(scene: Scene) -> None:
    """Postgres is stopped at once, and recovers."""
    assert scene.postgres is not None
    stop_immediately(scene.postgres)
    time.sleep(DOWN_FOR)
    scene.stack.enter_context(started(scene.postgres, flushes=True))


def counter_away(scene: Scene) -> None:
    """Nobody listens where notices go."""
    scene.counter.stop()
    time.sleep(AWAY_FOR)
    scene.counter.start()


def counter_fails(scene: Scene) -> None:
    """Whoever tells the counter server is answered 500."""
    scene.counter.behaves = answers(500)
    time.sleep(AWAY_FOR)
    scene.counter.behaves = answers(200)


# Of these alone, people may see connections that break; and during these, and for a moment after, be put off.
BREAKING: list[Fault] = [serving_killed]
TAKING_AWAY: list[Fault] = [redis_frozen, redis_killed, redis_emptied, postgres_stopped]
# Nothing renews all that serve, by SIGHUP: what grows in them would never be seen.
FAULTS: list[Fault] = [
    *BREAKING, *TAKING_AWAY, worker_killed, master_killed, javascript_killed, scheduler_killed, worker_stopped,
    counter_away, counter_fails,
]  # fmt: skip


def deck(scene: Scene) -> Iterator[Fault]:
    """One fault after the other by chance, each as often as the others."""
    while True:
        faults = [fault for fault in FAULTS if scene.postgres or fault is not postgres_stopped]
        scene.chance.shuffle(faults)
        yield from faults


def _kill_child(scene: Scene, program: str) -> None:
    _, *processes = _one(scene, program).pids()
    kill(*processes)


def _one(scene: Scene, program: str) -> Member:
    """Any but the first of them, which lives as long as all of this, so that what grows in it is seen."""
    _, *others = scene.house.crew.members(program)
    return scene.chance.choice(others)
