"""What is asked for, and how often: what `docs/scale.md` calls 1x."""

import http.client
import json
import random
import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bench.figures import stop
from bench.servers import USERS
from bench.storm import log_in

# Requests a second at 1x.
AT_ONE = 100.0
DELAY_SECONDS = 0.5
LONGEST = 60


class Deed(StrEnum):
    """A request, with what must follow from it."""

    READ = "GET / with a session"
    LIST = "GET /users?limit=50"
    REPORT = "POST /api/defects"
    DELAY = "POST /tasks, a delay"
    JAVASCRIPT = "POST /tasks, JavaScript"
    LOG_IN = "POST /auth"


Shares = Mapping[Deed, float]
# Of all requests.
SHARES: dict[Deed, float] = {
    Deed.READ: 0.605, Deed.LIST: 0.20, Deed.REPORT: 0.10, Deed.DELAY: 0.08, Deed.JAVASCRIPT: 0.01, Deed.LOG_IN: 0.005,
}  # fmt: skip
# As many as possible are asked for without these, of whom those that waited for long would be put off.
WITHOUT_LOG_INS: dict[Deed, float] = {deed: share for deed, share in SHARES.items() if deed is not Deed.LOG_IN}


class _Asked(NamedTuple):
    method: str
    path: str
    who: str = "alice"
    document: dict[str, Any] | None = None


ASKED = {
    Deed.READ: _Asked("GET", "/"),
    Deed.LIST: _Asked("GET", "/users?limit=50"),
    Deed.REPORT: _Asked("POST", "/api/defects", document={"comment": "The lamp is out."}),
    Deed.DELAY: _Asked("POST", "/tasks", document={"type": "delay", "seconds": DELAY_SECONDS}),
    Deed.JAVASCRIPT: _Asked("POST", "/tasks", "root", {"type": "javascript", "code": "6*7"}),
}

COMES_AGAIN_AFTER_SECONDS = 0.1


class Desk:
    """Somebody with a connection that is kept."""

    def __init__(self, url: str, tokens: Mapping[str, str], seed: float) -> None:
        self._url, self._tokens = url, tokens
        self._chance = random.Random(seed)
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=LONGEST)

    def do(self, deed: Deed) -> None:
        """Ask, and read the answer; one that refuses ends the bench."""
        status = self._log_in() if deed is Deed.LOG_IN else self._ask(ASKED[deed])
        if status >= 300:
            stop(f"{deed} was answered {status}.")

    def _log_in(self) -> int:
        person, deadline = self._chance.randrange(USERS), now() + LONGEST
        # Where all places to hash are taken, a client comes again.
        while (status := log_in(self._url, person)) == 503 and now() < deadline:
            time.sleep(COMES_AGAIN_AFTER_SECONDS)
        return status

    def _ask(self, asked: _Asked) -> int:
        headers = {"Authorization": f"Bearer {self._tokens[asked.who]}", "Content-Type": "application/json"}
        document = None if asked.document is None else json.dumps(asked.document)
        self._connection.request(asked.method, asked.path, document, headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status


def arrivals(shares: Shares, *, rate: float, seconds: float, seed: int) -> list[tuple[float, Deed]]:
    """When somebody asks for what: at any moment as likely as at any other, in seconds from the beginning."""
    chance, at, found = random.Random(seed), 0.0, list[tuple[float, Deed]]()
    deeds, weights = list(shares), list(shares.values())
    while (at := at + chance.expovariate(rate)) < seconds:
        found.append((at, chance.choices(deeds, weights)[0]))
    return found


def now() -> float:
    """The clock that all of this goes by."""
    return time.perf_counter()
