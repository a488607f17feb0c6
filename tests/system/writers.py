"""Admins who write all the time, and note what was acknowledged."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from types import TracebackType
from typing import NamedTuple, Self

from tests.chaos.load import Line, delay, javascript

LINES = 4
# In seconds, between one deed and the next of each.
PAUSE = 0.02


class Promised(NamedTuple):
    """What was acknowledged: tasks, defects that were reported, those that were deleted, and the names of users.

    Who has begun to delete a defect may not have heard yet that it is gone: it is doomed.
    """

    tasks: frozenset[str]
    reported: frozenset[int]
    doomed: frozenset[int]
    deleted: frozenset[int]
    users: frozenset[str]


class Writers:
    """Write from the beginning of the block to its end."""

    def __init__(self, port: int, token: str, chance: random.Random) -> None:
        self._port, self._token = port, token
        self._chances = [random.Random(chance.random()) for _ in range(LINES)]
        self._stop = threading.Event()
        self._threads = ThreadPoolExecutor(LINES)
        self._writing: list[Future[None]] = []
        self._tasks: set[str] = set()
        self._reported: set[int] = set()
        self._doomed: set[int] = set()
        self._deleted: set[int] = set()
        self._users: set[str] = set()

    def __enter__(self) -> Self:
        self._writing = [self._threads.submit(self._write, chance) for chance in self._chances]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._threads.shutdown()
        if error is None:
            for each in self._writing:
                each.result()

    def promised(self) -> Promised:
        """All that was acknowledged until now."""
        found = self._tasks, self._reported, self._doomed, self._deleted, self._users
        return Promised(*(frozenset(each.copy()) for each in found))  # type: ignore[arg-type]

    def _write(self, chance: random.Random) -> None:
        own: list[int] = []
        deeds: list[Callable[[], None]] = [
            lambda: self._tasks.add(line.submit(delay(chance.random()))),
            lambda: self._tasks.add(line.submit(javascript("6 * 7"))),
            lambda: self._report(line, own),
            lambda: self._withdraw(line, own),
            lambda: self._add_user(line, f"user{chance.randrange(10**9)}"),
        ]
        with closing(Line(self._port, self._token)) as line:
            while not self._stop.wait(PAUSE):
                chance.choices(deeds, weights=[10, 4, 10, 6, 1])[0]()

    def _report(self, line: Line, own: list[int]) -> None:
        said = line.ask("POST", "/api/defects", {"comment": "It leaks."})
        assert said.status == 201, said
        own.append(said.json["id"])
        self._reported.add(own[-1])

    def _withdraw(self, line: Line, own: list[int]) -> None:
        if own:
            defect = own.pop()
            self._doomed.add(defect)
            assert line.ask("DELETE", f"/api/defects/{defect}").status == 204
            self._deleted.add(defect)

    def _add_user(self, line: Line, name: str) -> None:
        said = line.ask("POST", "/users", {"username": name, "password": "a good long one", "role": "user"})
        # Of each process's passwords, two may wait to be hashed; who is told to come again was promised nothing.
        if said.status == 503 and said.json["detail"].startswith("Too many passwords are waiting"):
            return
        assert said.status == 201, said
        self._users.add(name)
