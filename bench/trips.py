"""How long a task takes from its POST to its end, one at a time."""

import http.client
import json
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dramatiq.brokers.redis import RedisBroker

from bench.bare_messages import LONGEST, message
from bench.compared import Compared, Trip
from bench.servers import bare_dramatiq, gunicorn, program
from models.task_kinds import Status
from workers import sandbox

PORTS = {"aerie": "18000", "bare": "18001"}
DELAY_0, ONE_AND_ONE = {"type": "delay", "seconds": 0}, {"type": "javascript", "code": "1+1"}
# In each round.
TRIPS_OF_DRAMATIQ = 5
# In seconds: by then Dramatiq's own workers are idle.
REST = 1


def measure_trips(environment: dict[str, str], token: str, broker: RedisBroker, rounds: int) -> None:
    """One at a time, to workers that have nothing else to do."""
    with ExitStack() as started:
        aerie = started.enter_context(gunicorn(environment | {"PORT": PORTS["aerie"]}))
        falcon = started.enter_context(gunicorn(environment | {"PORT": PORTS["bare"]}, "bench.bare:app"))
        for name in ("worker", "javascript", "scheduler"):
            started.enter_context(program(name, environment))
        started.enter_context(bare_dramatiq(environment))
        hello = "bare Falcon's hello", get(falcon)
        rows = [
            Compared("POST to succeeded, delay 0", _start(aerie, token, DELAY_0), *hello),
            # Not a limit: while they are idle, its workers sleep longer and longer.
            Compared("message to bare Dramatiq, and back", _send(broker), *hello, times=TRIPS_OF_DRAMATIQ, rest=REST),
            Compared(
                "POST to succeeded, JavaScript 1+1", _start(aerie, token, ONE_AND_ONE), "bare Deno", _deno(environment)
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


def get(url: str) -> Trip:
    """Ask bare Falcon, over a connection that is kept."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def ask() -> None:
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
        assert response.status == 200

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
        assert answer.get("status") == Status.SUCCEEDED, answer

    return end


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
