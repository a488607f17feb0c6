"""A client that repeats requests over many connections: a process of its own, so that it slows no measurement."""

import contextlib
import http.client
import itertools
import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.services.processes import running, wait_until

ROOT = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 300
# For a process that gives way to all others to begin.
BEGINS_WITHIN_SECONDS = 60
REFUSED = "refused"


@contextlib.contextmanager
def flooding(folder: Path, port: int, *requests: dict[str, Any], address: str, connections: int) -> Iterator[Path]:
    """Send *requests* in turn over so many connections from an address until the end of the block.

    The block begins when some were answered. A request has `method`, `path`, `headers` and `body`; `{n}` in a body is
    another number each time. Yields the file in which each half second's statuses are counted.
    """
    plan = {"port": port, "address": address, "connections": connections, "requests": requests}
    log = folder / f"flood-{time.monotonic_ns()}.log"
    with running([sys.executable, "-m", "tests.chaos.flood", json.dumps(plan)], log=log, cwd=ROOT):
        wait_until(lambda: set(statuses(log)) - {REFUSED}, seconds=BEGINS_WITHIN_SECONDS, what="an answer to the flood")
        yield log


def statuses(log: Path) -> Counter[str]:
    """How often the flood was answered with which status; `refused` where there was no answer."""
    counted: Counter[str] = Counter()
    for line in log.read_text().splitlines():
        counted.update(json.loads(line))
    return counted


def main(plan: dict[str, Any]) -> None:
    """Send for as long as this process lives, at most `LONGEST_SECONDS`."""
    # A client elsewhere takes none of the server's processors.
    os.nice(19)
    counted: Counter[str] = Counter()
    numbers = itertools.count()
    deadline = time.monotonic() + LONGEST_SECONDS
    for _ in range(plan["connections"]):
        threading.Thread(target=_send, args=(plan, numbers, counted, deadline), daemon=True).start()
    while time.monotonic() < deadline:
        time.sleep(0.5)
        print(json.dumps({status: counted.pop(status) for status in list(counted)}), flush=True)


def _send(plan: dict[str, Any], numbers: Iterator[int], counted: Counter[str], deadline: float) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", plan["port"], timeout=40, source_address=(plan["address"], 0))
    for request in itertools.cycle(plan["requests"]):
        if time.monotonic() > deadline:
            return
        body = request.get("body")
        try:
            connection.request(
                request["method"],
                request["path"],
                body and body.replace("{n}", str(next(numbers))),
                request.get("headers", {}),
            )
            answer = connection.getresponse()
            answer.read()
            counted[str(answer.status)] += 1
        except (OSError, http.client.HTTPException):
            counted[REFUSED] += 1
            connection.close()
            time.sleep(0.01)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
