"""A client that repeats requests over many connections: a process of its own, so that it slows no measurement."""

import asyncio
import contextlib
import itertools
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.services.processes import running, wait_until

ROOT = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 300
ANSWER_WITHIN_SECONDS = 40
# On a machine that is busy with other tests.
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


async def main(plan: dict[str, Any]) -> None:
    """Send for as long as this process lives, at most `LONGEST_SECONDS`."""
    counted: Counter[str] = Counter()
    numbers = itertools.count()
    async with asyncio.timeout(LONGEST_SECONDS), asyncio.TaskGroup() as senders:
        for _ in range(plan["connections"]):
            senders.create_task(_send(plan, numbers, counted))
        # At the priority of other processes until the flood has begun: at the lowest, a busy machine never begins it.
        while not set(counted) - {REFUSED}:
            await asyncio.sleep(0.01)
        # A client elsewhere takes none of the server's processors.
        os.nice(19)
        while True:
            print(json.dumps(counted), flush=True)
            counted.clear()
            await asyncio.sleep(0.5)


async def _send(plan: dict[str, Any], numbers: Iterator[int], counted: Counter[str]) -> None:
    requests = itertools.cycle(plan["requests"])
    while True:
        try:
            connection = asyncio.open_connection("127.0.0.1", plan["port"], local_addr=(plan["address"], 0))
            reader, writer = await connection
            with contextlib.closing(writer):
                for request in requests:
                    writer.write(_encoded(request, next(numbers)))
                    counted[await asyncio.wait_for(_status(reader), ANSWER_WITHIN_SECONDS)] += 1
        except (OSError, EOFError):
            counted[REFUSED] += 1
            await asyncio.sleep(0.01)


def _encoded(request: dict[str, Any], number: int) -> bytes:
    body: bytes = request.get("body", "").replace("{n}", str(number)).encode()
    headers = {"Host": "localhost", "Content-Length": len(body)} | request.get("headers", {})
    fields = [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join([f"{request['method']} {request['path']} HTTP/1.1", *fields, "", ""])
    return head.encode() + body


async def _status(reader: asyncio.StreamReader) -> str:
    """The status of the next answer, once all of it has arrived."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    await reader.readexactly(int(head.split("content-length: ", 1)[1].split("\r\n", 1)[0]))
    return head.split(" ", 2)[1]


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
