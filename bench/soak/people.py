"""People who ask for everything all the time, and keep what they were promised."""

import http.client
import random
import time
from collections.abc import Callable
from itertools import count
from threading import Event
from typing import Any, NamedTuple

import requests

from tests.chaos.house import House
from tests.chaos.load import Line, Said, delay, javascript

# In seconds, between two requests of one person.
PAUSE = 0.1
RESTS_AFTER_A_FAULT = 0.5


class Answer(NamedTuple):
    """When somebody was answered what after how many seconds; status 0 where the connection broke."""

    at: float
    status: int
    took: float
    asked: str


class Promised:
    """What was acknowledged to all of them together, and all that they were answered."""

    def __init__(self) -> None:
        self.users: list[int] = []
        self.tasks: list[str] = []
        self.reported: list[int] = []
        self.deleted: list[int] = []
        # How many writes were not acknowledged and may have been done, and how many sessions outlived their end.
        self.unsure = self.revived = 0
        self.answers: list[Answer] = []


class Person:
    """Reads, lists, reports defects and deletes them, starts tasks, logs out and in, and signs others up."""

    def __init__(self, house: House, promised: Promised, name: str, password: str, seed: float) -> None:
        self._house, self._promised = house, promised
        self._name, self._password = name, password
        self._chance, self._numbers = random.Random(seed), count()
        self._mine: list[int] = []
        self._line = Line(house.port, "")
        self._deeds: dict[Callable[[], None], int] = {
            self._read: 45, self._list: 20, self._report: 13, self._withdraw: 5, self._start: 14,
            self._leave: 1, self._sign_up: 1,
        }  # fmt: skip

    def live(self, enough: Event) -> None:
        """Ask for one thing after another until it is enough."""
        self._log_in(enough)
        while not enough.wait(PAUSE * self._chance.uniform(0.5, 1.5)):
            (deed,) = self._chance.choices(list(self._deeds), list(self._deeds.values()))
            deed()
            if self._last.status in (0, 503):
                enough.wait(RESTS_AFTER_A_FAULT)
            elif self._last.status == 401:
                self._log_in(enough)
        self._line.close()

    def _log_in(self, enough: Event) -> None:
        while not enough.is_set():
            began = time.monotonic()
            try:
                given = {"username": self._name, "password": self._password}
                said = self._house.ask("POST", "/auth", given)
            except requests.ConnectionError:
                self._note(0, began, "log-in")
            else:
                self._note(said.status, began, "log-in")
                if said.status == 201:
                    self._line.close()
                    self._line = Line(self._house.port, said.json["token"])
                    return
            enough.wait(RESTS_AFTER_A_FAULT)

    def _read(self) -> None:
        self._ask("GET", "/")

    def _list(self) -> None:
        self._ask("GET", self._chance.choice(["/users?limit=50", "/api/defects?limit=50", "/tasks?limit=50"]))

    def _report(self) -> None:
        if said := self._write("/api/defects", {"comment": f"{self._name} {next(self._numbers)}"}):
            self._promised.reported.append(said.json["id"])
            self._mine.append(said.json["id"])

    def _withdraw(self) -> None:
        if not self._mine:
            self._read()
            return
        gone = self._mine.pop(self._chance.randrange(len(self._mine)))
        if self._surely(self._ask("DELETE", f"/api/defects/{gone}")):
            self._promised.deleted.append(gone)

    def _start(self) -> None:
        task = delay(self._chance.uniform(0, 5))
        if self._name == "root" and self._chance.random() < 0.5:
            task = javascript(f"{next(self._numbers)} + 1")
        if said := self._write("/tasks", task):
            self._promised.tasks.append(said.json["id"])

    def _leave(self) -> None:
        has_left = self._ask("DELETE", "/auth") is not None
        # Whose session is over is answered 401, and logs in again.
        self._promised.revived += self._ask("GET", f"/user/{self._name}") is not None and has_left

    def _sign_up(self) -> None:
        name = f"{self._name}{self._chance.randrange(10**9)}"
        if said := self._write("/user", {"username": name, "password": f"{name}'s long password"}):
            self._promised.users.append(said.json["id"])

    def _write(self, path: str, document: dict[str, Any]) -> Said | None:
        return self._surely(self._ask("POST", path, document))

    def _surely(self, said: Said | None) -> Said | None:
        """What was said of a write; it may have been done where nobody could say so."""
        self._promised.unsure += self._last.status in (0, 503)
        return said

    def _ask(self, method: str, path: str, document: Any = None) -> Said | None:
        """What was done, if it was; else what was answered is noted alone."""
        began, asked = time.monotonic(), f"{method} {path.partition('?')[0]}"
        try:
            said = self._line.ask(method, path, document)
        except (OSError, http.client.HTTPException):
            self._line.close()
            self._note(0, began, asked)
            return None
        self._note(said.status, began, asked)
        return said if said.status < 300 else None

    def _note(self, status: int, began: float, asked: str) -> None:
        now = time.monotonic()
        self._last = Answer(now, status, now - began, asked)
        self._promised.answers.append(self._last)
