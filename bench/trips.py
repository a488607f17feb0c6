"""How long a task takes from its POST to its end, one at a time, and the bare trips that it is compared with."""

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

from dramatiq.brokers.redis import RedisBroker

from bench.bare_messages import LONGEST, message
from bench.servers import bare_dramatiq, gunicorn, program
from models.task_kinds import Status
from workers import sandbox

PORTS = {"aerie": "18000", "bare": "18001"}
DELAY_0, ONE_AND_ONE = {"type": "delay", "seconds": 0}, {"type": "javascript", "code": "1+1"}
# In each round.
TRIPS, TRIPS_OF_DRAMATIQ = 40, 5
# In seconds: by then Dramatiq's own workers are idle.
REST = 1

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
        p50, p95 = percentiles([took for each in self.took for took in each])
        base_p50, _ = percentiles([took for each in self.base_took for took in each])
        return (
            f"{self.name:34} {statistics.median(ratios):5.2f} of {self.base_name}"
            f"  ({min(ratios):.2f} to {max(ratios):.2f}; p50 {p50:.1f} ms, p95 {p95:.1f} ms, against {base_p50:.1f} ms)"
        )


def measure_trips(environment: dict[str, str], token: str, broker: RedisBroker, rounds: int) -> None:
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
        broker.enqueue(message("answer", "done"))
        assert broker.client.blpop(["done"], timeout=LONGEST)

    return send


def _deno(environment: dict[str, str]) -> Trip:
    """Run a file with nothing around it."""
    file = Path(environment["DATA_DIR"]) / "sum.js"
    file.write_text("1+1")
    return lambda: subprocess.run([sandbox.deno(), "run", "--quiet", file], check=True)


def _milliseconds(trip: Trip) -> float:
    start = time.perf_counter()
    trip()
    return (time.perf_counter() - start) * 1000


def percentiles(values: list[float]) -> tuple[float, float]:
    """The 50th and the 95th."""
    twentieths = statistics.quantiles(values, n=20)
    return twentieths[9], twentieths[18]
