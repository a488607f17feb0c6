"""Everything at work on this machine: what is asked of it, what happens to it, and who looks."""

import io
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from threading import Event
from typing import NamedTuple

from bench.soak.faults import Fault, Scene, deck
from bench.soak.looks import Watch
from bench.soak.people import Person, Promised
from tests.chaos import invariants
from tests.chaos.crew import JAVASCRIPT, SCHEDULER, WORKER
from tests.chaos.house import PASSWORD, ROOTS_PASSWORD, House
from tests.services.counter import CounterServer
from tests.services.postgres import cluster, new_database, started

PEOPLE = 7
# In seconds.
LOOKS_EVERY, TENDS_EVERY = 10.0, 0.5
# Sessions end within the run, so that theirs are not what grows.
ENVIRONMENT = {"SESSION_TTL": "600"}


class Happened(NamedTuple):
    """A fault, and from when to when it lasted, by `time.monotonic`."""

    fault: Fault
    began: float
    ended: float


@contextmanager
def scene(database: str, seed: int) -> Iterator[Scene]:
    """Everything, from when it is ready to the end of the block."""
    with ExitStack() as stack:
        # Of those who come back within it, each ends after the house, which asks them at its end.
        services = stack.enter_context(ExitStack())
        counter = stack.enter_context(CounterServer())
        environment = {**ENVIRONMENT, "COUNTER_URL": counter.url}
        folder: Path | None = None
        if database == "postgres":
            folder = stack.enter_context(cluster())
            server = stack.enter_context(started(folder, flushes=True))
            environment["DATABASE_URL"] = new_database(server, "aerie_soak")
        house = stack.enter_context(House(**environment))
        invariants.note_changes(house.ask_database)
        house.crew.start(*2 * (WORKER, JAVASCRIPT, SCHEDULER))
        yield Scene(house, counter, folder, random.Random(seed), services)
        # What a house says at its end is for who looks for a fault.
        with redirect_stdout(io.StringIO()):
            stack.close()


@contextmanager
def people(scene: Scene, promised: Promised) -> Iterator[int]:
    """Have root and others ask for everything until the end of the block; how many there are, whom nobody signed up."""
    enough = Event()
    known = {"root": ROOTS_PASSWORD, "alice": PASSWORD}
    for number in range(PEOPLE - len(known)):
        name = f"person{number}"
        known[name] = f"{name}'s long password"
        assert scene.house.ask("POST", "/user", {"username": name, "password": known[name]}).status == 201
    with ThreadPoolExecutor(PEOPLE) as threads:
        living = [
            threads.submit(Person(scene.house, promised, *each, scene.chance.random()).live, enough)
            for each in known.items()
        ]
        try:
            yield len(known)
        finally:
            enough.set()
        for each in living:
            each.result()


@contextmanager
def tended(scene: Scene, watch: Watch, began: float) -> Iterator[None]:
    """Have what died started again, and looks taken, until the end of the block."""
    enough = Event()

    def tend() -> None:
        while not enough.wait(TENDS_EVERY):
            scene.house.crew.tend()
            if time.monotonic() - began >= len(watch.looks) * LOOKS_EVERY:
                watch.look(time.monotonic() - began)

    with ThreadPoolExecutor(1) as threads:
        tending = threads.submit(tend)
        try:
            yield
        finally:
            enough.set()
        tending.result()


def let_happen(scene: Scene, *, every: float, until: float) -> Iterator[Happened]:
    """One fault in so many seconds, until then; the last ends before."""
    for fault in deck(scene):
        began = time.monotonic()
        # What is left may be short of a turn by what the others took longer.
        if began + 0.9 * every > until:
            time.sleep(max(0.0, until - began))
            return
        # Not always at the same moment of what is done every minute.
        time.sleep(scene.chance.uniform(0.1, 0.4) * every)
        at = time.monotonic()
        fault(scene)
        yield Happened(fault, at, time.monotonic())
        time.sleep(max(0.0, began + every - time.monotonic()))
