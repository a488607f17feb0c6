"""How long a task takes from its POST to its end, one at a time."""

import http.client
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dramatiq.brokers.redis import RedisBroker

from bench.bare_messages import LONGEST, message
from bench.compared import Compared, Trip
from bench.figures import Figure, stop
from bench.servers import bare_dramatiq, bare_falcon, gunicorn, program
from models.task_kinds import Status
from workers import sandbox

DELAY_0, ONE_AND_ONE = {"type": "delay", "seconds": 0}, {"type": "javascript", "code": "1+1"}
# In each round.
TRIPS_OF_DRAMATIQ = 5
# In seconds: by then Dramatiq's own workers are idle.
REST = 1


def measure_trips(environment: dict[str, str], token: str, broker: RedisBroker, rounds: int) -> Iterator[Figure]:
    """One at a time, to workers that have nothing else to do."""
    with ExitStack() as started:
        aerie = started.enter_context(gunicorn(environment))
        falcon = started.enter_context(bare_falcon(Path(environment["DATA_DIR"])))
        for name in ("worker", "javascript", "scheduler"):
            started.enter_context(program(name, environment))
        started.enter_context(bare_dramatiq(environment))
        hello = "bare Falcon's hello", get(falcon)
        rows = [
            Compared("POST to succeeded, delay 0", _start(aerie, token, DELAY_0), *hello, goal="p50 ≤ 15 ms"),
            # Not a limit: while they are idle, its workers sleep longer and longer.
            Compared("message to bare Dramatiq, and back", _send(broker), *hello, times=TRIPS_OF_DRAMATIQ, rest=REST),
            Compared(
                "POST to succeeded, JavaScript 1+1",
                _start(aerie, token, ONE_AND_ONE),
                "bare Deno",
                _deno(environment),
                goal="p50 ≤ 60 ms",
            ),
        ]
        for row in rows:
            # Whoever has just started is not idle yet.
            row.trip()
            row.base()
        for _ in range(rounds):
            for row in rows:
                row.go()
    yield from (row.figure() for row in rows)


def get(url: str) -> Trip:
    """Ask bare Falcon, over a connection that is kept."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def ask() -> None:
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            stop(f"bare Falcon answered {response.status}.")

    return ask


def post(url: str, path: str, token: str, document: dict[str, Any]) -> Callable[[], Any]:
    """Send a document over a connection that is kept, and return the one in the answer, which may wait."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Prefer": "wait=10"}
    body = json.dumps(document)

    def send() -> Any:
        connection.request("POST", path, body, headers)
        return json.load(connection.getresponse())

    return send


def _start(url: str, token: str, task: dict[str, Any]) -> Trip:
    """Start a task and hear of its end in the answer."""
    start = post(url, "/tasks", token, task)

    def end() -> None:
        answer = start()
        if answer.get("status") != Status.SUCCEEDED:
            stop(f"a task did not succeed: {answer}")

    return end


def _send(broker: RedisBroker) -> Trip:
    """Send a message to bare Dramatiq, and wait for the word that it was worked on."""

    def send() -> None:
        broker.enqueue(message("answer", "done"))
        if not broker.client.blpop(["done"], timeout=LONGEST):
            stop(f"bare Dramatiq said nothing for {LONGEST} s.")

    return send


def _deno(environment: dict[str, str]) -> Trip:
    """Run a file with nothing around it."""
    file = Path(environment["DATA_DIR"]) / "sum.js"
    file.write_text("1+1")
    return lambda: subprocess.run([sandbox.deno(), "run", "--quiet", file], check=True)
