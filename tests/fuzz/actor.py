"""Who asks: nobody, a user or an admin, with a session that is opened anew when it has been ended."""

import itertools
from enum import StrEnum
from typing import Any

import requests

from tests.chaos.house import House


class Actor(StrEnum):
    """As whom a run asks."""

    ANONYMOUS = "anonymous"
    USER = "user"
    ADMIN = "admin"


class Sessions:
    """Gives a live token for each request: the runs themselves log out, change names and erase accounts."""

    def __init__(self, house: House, actor: Actor) -> None:
        self._house, self._actor = house, actor
        self._numbers = itertools.count(1)
        self._name = self._make()
        self.token = self._log_in()

    def renew(self) -> None:
        """Open another session: of the same account if it is still there, else of a new one."""
        self.token = self._log_in()
        if self.token is None:
            self._name = self._make()
            self.token = self._log_in()
        assert self.token, "a new account can log in"

    def _make(self) -> str:
        name = f"{self._actor}-{next(self._numbers)}"
        assert self._ask("/user", name).status_code == 201
        if self._actor is Actor.ADMIN:
            # The run may have left no admin who could.
            self._house.ask_database(f"UPDATE users SET role = 'admin' WHERE username = '{name}'")
        return name

    def _log_in(self) -> str | None:
        answer = self._ask("/auth", self._name)
        return str(answer.json()["token"]) if answer.status_code == 201 else None

    def _ask(self, path: str, name: str) -> requests.Response:
        # From an address of its own: the run's wrong passwords throttle its own address alone.
        number = next(self._numbers)
        headers = {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
        body: Any = {"username": name, "password": "a long password of somebody who asks"}
        return requests.post(f"http://127.0.0.1:{self._house.port}{path}", json=body, headers=headers, timeout=20)
