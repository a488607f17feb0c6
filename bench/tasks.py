"""What a task costs from its POST to its end, how many end in a second, and how late delays are."""

import argparse
import http.client
import json
import statistics
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dramatiq
from dramatiq.brokers.redis import RedisBroker

import logs
from bench.servers import bare_dramatiq, gunicorn, program, redis, sign_in
from models.schema import migrate
from models.stores import connect, database, drop_connection
from models.task import Task
from models.task_kinds import Kind, NewDelay, Status
from models.user import User
from settings import Settings
from workers import sandbox
from workers.sending import QUEUES, Sender

PORTS = {"aerie": "18000", "bare": "18001"}
DELAY_0, ONE_AND_ONE = {"type": "delay", "seconds": 0}, {"type": "javascript", "code": "1+1"}
# In each round.
TRIPS, TRIPS_OF_DRAMATIQ = 40, 5
# In seconds: by then Dramatiq's own workers are idle.
REST = 1
NO_OPS, PROCESSES = 5000, 2
DELAYS, SECONDS = 10_000, 1
# In one transaction.
AT_A_TIME = 50
# In seconds: what takes longer has got stuck.
LONGEST = 120

Trip = Callable[[], object]


@dataclass
class Compared:
    """A round trip and the bare one that it is compared with, and what each took in each round, in milliseconds.

    Before each there is a *rest* of so many seconds.
    """

    name: str
    trip: Trip
    base_name: str
    base: Trip
    times: int = TRIPS
    rest: float = 0
    took: list[list[float]] = field(default_factory=list)
    base_took: list[list[float]] = field(default_factory=list)

    def go(self) -> None:
        """Measure both in turn, a round of them."""
        pairs = []
        for _ in range(self.times):
            time.sleep(self.rest)
            pairs.append((_milliseconds(self.trip), _milliseconds(self.base)))
        self.took.append([took for took, _ in pairs])
        self.base_took.append([took for _, took in pairs])

    def line(self) -> str:
        """What came out."""
        medians = [statistics.median(each) for each in self.took], [statistics.median(each) for each in self.base_took]
        ratios = [median / of for median, of in zip(*medians, strict=True)]
        p50, p95 = _percentiles([took for each in self.took for took in each])
        base_p50, _ = _percentiles([took for each in self.base_took for took in each])
        return (
            f"{self.name:34} {statistics.median(ratios):5.2f} of {self.base_name}"
            f"  ({min(ratios):.2f} to {max(ratios):.2f}; p50 {p50:.1f} ms, p95 {p95:.1f} ms, against {base_p50:.1f} ms)"
        )


def measure(data_dir: Path, options: argparse.Namespace) -> None:
    """Measure round trips, throughput and lateness on SQLite, and print them."""
    environment = {"DATA_DIR": str(data_dir)}
    settings = Settings.from_env(environment)
    logs.configure("error")
    with redis(data_dir):
        connect(settings, send=Sender(settings))
        migrate()
        token = sign_in()["root"]
        bare = RedisBroker(url=settings.redis_url, namespace="bare")  # type: ignore[no-untyped-call]
        _measure_trips(environment, token, bare, options.rounds)
        _measure_throughput(environment, bare, options.rounds)
        _measure_lateness(environment, options.rounds)
        drop_connection()


def _measure_trips(environment: dict[str, str], token: str, broker: RedisBroker, rounds: int) -> None:
    """One at a time, to workers that have nothing else to do."""
    with ExitStack() as started:
        aerie = started.enter_context(gunicorn(environment | {"PORT": PORTS["aerie"]}))
        falcon = started.enter_context(gunicorn(environment | {"PORT": PORTS["bare"]}, "bench.bare:app"))
        for name in ("worker", "javascript", "scheduler"):
            started.enter_context(program(name, environment))
        started.enter_context(bare_dramatiq(environment))
        hello = "bare Falcon's hello", _get(falcon)
        rows = [
            Compared("POST to succeeded, delay 0", _post(aerie, token, DELAY_0), *hello),
            # Not a limit: while they are idle, its workers sleep longer and longer.
            Compared("message to bare Dramatiq, and back", _send(broker), *hello, times=TRIPS_OF_DRAMATIQ, rest=REST),
            Compared(
                "POST to succeeded, JavaScript 1+1", _post(aerie, token, ONE_AND_ONE), "bare Deno", _deno(environment)
            ),
        ]
        for row in rows:
            # Whoever has just started is not idle yet.
            row.trip()
            row.base()
        for _ in range(rounds):
            for row in rows:
                row.go()
    print(*(row.line() for row in rows), sep="\n", flush=True)


def _get(url: str) -> Trip:
    """Ask bare Falcon, over a connection that is kept."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def get() -> None:
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
        assert response.status == 200

    return get


def _post(url: str, token: str, task: dict[str, Any]) -> Trip:
    """Start a task and hear of its end in the answer, over a connection that is kept."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Prefer": "wait=10"}
    body = json.dumps(task)

    def post() -> None:
        connection.request("POST", "/tasks", body, headers)
        answer = json.load(connection.getresponse())
        assert answer.get("status") == Status.SUCCEEDED, answer

    return post


def _send(broker: RedisBroker) -> Trip:
    """Send a message to bare Dramatiq, and wait for the word that it was worked on."""

    def send() -> None:
        broker.enqueue(_message("answer", "done"))
        assert broker.client.blpop(["done"], timeout=LONGEST)

    return send


def _deno(environment: dict[str, str]) -> Trip:
    """Run a file with nothing around it."""
    file = Path(environment["DATA_DIR"]) / "sum.js"
    file.write_text("1+1")
    return lambda: subprocess.run([sandbox.deno(), "run", "--quiet", file], check=True)


def _measure_throughput(environment: dict[str, str], bare: RedisBroker, rounds: int) -> None:
    """Many no-ops, all there before the first worker starts."""
    rates: list[float] = []
    bare_rates: list[float] = []
    for _ in range(rounds):
        _submit(NO_OPS, seconds=0)
        with program("worker", environment, processes=PROCESSES):
            rates.append(_rate(bare, f"dramatiq:{QUEUES[Kind.DELAY]}"))
        assert not Task.select().where(Task.status != Status.SUCCEEDED).exists()
        for _ in range(NO_OPS):
            bare.enqueue(_message("nothing"))
        with bare_dramatiq(environment, processes=PROCESSES):
            bare_rates.append(_rate(bare, "bare:default"))
    ratios = [rate / of for rate, of in zip(rates, bare_rates, strict=True)]
    print(
        f"{f'{NO_OPS:,} no-ops, {PROCESSES} processes':34} {statistics.median(ratios):5.2f} of bare Dramatiq"
        f"  ({min(ratios):.2f} to {max(ratios):.2f}; median {statistics.median(rates):,.0f} tasks/s,"
        f" against {statistics.median(bare_rates):,.0f})",
        flush=True,
    )


def _rate(broker: RedisBroker, queue: str) -> float:
    """How many a second are done with, once a fifth is: by then all processes have started."""
    give_up = time.monotonic() + LONGEST
    began = begun_with = None
    while left := broker.client.hlen(f"{queue}.msgs"):
        if began is None and left <= NO_OPS * 0.8:
            began, begun_with = time.perf_counter(), left
        assert time.monotonic() < give_up, f"{left} messages are left"
        time.sleep(0.01)
    assert began is not None and begun_with is not None
    return begun_with / (time.perf_counter() - began)


def _measure_lateness(environment: dict[str, str], rounds: int) -> None:
    """Many delays, written as fast as one process can."""
    late: list[list[float]] = []
    with program("worker", environment), program("scheduler", environment):
        for _ in range(rounds):
            first = _submit(DELAYS, seconds=SECONDS)
            give_up = time.monotonic() + LONGEST
            while Task.select().where(Task.due_at.is_null(False)).exists():
                assert time.monotonic() < give_up
                time.sleep(0.1)
            ended: Any = Task.select(Task.created_at, Task.finished_at).where(Task.place >= first).tuples()
            late.append([(finished - created).total_seconds() - SECONDS for created, finished in ended])
    p50, p95 = _percentiles([each for some in late for each in some])
    most = max(map(max, late))
    spread = [_percentiles(some)[1] for some in late]
    print(
        f"{f'{DELAYS:,} delays of {SECONDS} s, late by':34} p50 {p50:.3f} s, p95 {p95:.3f} s, max {most:.3f} s"
        f"  (p95 {min(spread):.3f} to {max(spread):.3f} s)",
        flush=True,
    )


def _submit(number: int, *, seconds: float) -> int:
    """Queue delays, some in each transaction; the place of the first."""
    alice = User.get(User.username == "alice")
    places: list[int] = []
    for start in range(0, number, AT_A_TIME):
        with database.atomic():
            some = [Task.submit(NewDelay(seconds=seconds), by=alice) for _ in range(min(AT_A_TIME, number - start))]
        places.append(some[0].place)
    return places[0]


def _message(actor: str, *arguments: str) -> dramatiq.Message[Any]:
    return dramatiq.Message(queue_name="default", actor_name=actor, args=arguments, kwargs={}, options={})


def _milliseconds(trip: Trip) -> float:
    start = time.perf_counter()
    trip()
    return (time.perf_counter() - start) * 1000


def _percentiles(values: list[float]) -> tuple[float, float]:
    """The 50th and the 95th."""
    twentieths = statistics.quantiles(values, n=20)
    return twentieths[9], twentieths[18]
