"""Clients who have much to ask, and what they ask for."""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any, NamedTuple, TypeVar

from tests.leaks import look_at_answer

Each = TypeVar("Each")
Result = TypeVar("Result")


class Said(NamedTuple):
    """An answer and how many seconds it took."""

    status: int
    headers: Any
    json: Any
    took: float


class Line:
    """A kept connection of one person's, to one of the processes that serve."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, document: Any = None, **more: str) -> Said:
        """Ask, over a new connection where the last answer has ended this one; with more headers, if any."""
        headers = self._headers | {name.replace("_", "-"): value for name, value in more.items()}
        began = time.monotonic()
        self._connection.request(method, path, None if document is None else json.dumps(document), headers)
        answer = self._connection.getresponse()
        content = answer.read()
        took = time.monotonic() - began
        look_at_answer(method, path, answer.headers.as_bytes() + content)
        return Said(answer.status, answer.headers, json.loads(content) if content else None, took)

    def submit(self, task: dict[str, Any]) -> str:
        """Start a task; its id."""
        said = self.ask("POST", "/tasks", task)
        assert said.status == 202, said
        task_id: str = said.json["id"]
        return task_id

    def insist(self, method: str, path: str, document: Any, *, key: str) -> Said:
        """Ask with that Idempotency-Key, again and again while nobody listens, or the connection ends unanswered."""
        deadline = time.monotonic() + 20
        while True:
            try:
                said = self.ask(method, path, document, Idempotency_Key=key)
            except (OSError, http.client.HTTPException):
                self.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
                continue
            if said.status != 503:
                return said
            assert time.monotonic() < deadline, said
            time.sleep(0.02)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def on_lines(
    port: int, token: str, act: Callable[[Line, Each], Result], what: Iterable[Each], *, lines: int = 8
) -> list[Result]:
    """Do something with each of many things, over some lines at once."""
    things = list(what)

    def work(first: int) -> list[Result]:
        with closing(Line(port, token)) as line:
            return [act(line, thing) for thing in things[first::lines]]

    with ThreadPoolExecutor(lines) as threads:
        return [result for some in threads.map(work, range(lines)) for result in some]


@contextmanager
def all_the_time(
    port: int, token: str, acts: Iterable[Callable[[Line], object]], *, pause: float = 0.0
) -> Iterator[None]:
    """Have each of them done again and again, over a line of its own, until the end of the block."""
    stop = threading.Event()

    def work(act: Callable[[Line], object]) -> None:
        with closing(Line(port, token)) as line:
            while not stop.wait(pause):
                act(line)

    doing = list(acts)
    with ThreadPoolExecutor(len(doing)) as threads:
        working = [threads.submit(work, act) for act in doing]
        try:
            yield
        finally:
            stop.set()
        for each in working:
            each.result()


def delay(seconds: float) -> dict[str, Any]:
    """What starts a delay."""
    return {"type": "delay", "seconds": seconds}


def javascript(code: str) -> dict[str, Any]:
    """What starts a piece of JavaScript."""
    return {"type": "javascript", "code": code}


def mixed(chance: random.Random, *, delays: int, scripts: int) -> list[dict[str, Any]]:
    """Delays of up to a second and JavaScript of up to half a second, in any order."""
    tasks = [delay(chance.choice([0, chance.random()])) for _ in range(delays)]
    tasks += [
        javascript(chance.choice(["6 * 7", f"new Promise(done => setTimeout(done, {chance.randrange(500)}, 42))"]))
        for _ in range(scripts)
    ]
    chance.shuffle(tasks)
    return tasks


def seeded() -> random.Random:
    """Chance, whose seed is shown when a test fails."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    return random.Random(seed)
