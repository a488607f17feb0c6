"""What is to be seen from outside, every few seconds: memory, open files, rows, and who was answered how soon."""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from statistics import quantiles

import msgspec
import psycopg

from bench.resident import Process, processes
from bench.soak.people import Answer
from tests.services.databases import Ask

COUNTED = {
    "users": "SELECT count(*) FROM users",
    "defects": "SELECT count(*) FROM defect",
    "audit entries": "SELECT count(*) FROM audit_entry",
    "tasks": "SELECT count(*) FROM task",
    "tasks to be done": "SELECT count(*) FROM task WHERE status NOT IN ('succeeded', 'failed', 'cancelled')",
    "notices": "SELECT count(*) FROM notification",
    "notices to be delivered": "SELECT count(*) FROM notification WHERE status = 'pending'",
}


class Look(msgspec.Struct):
    """A moment, in seconds since the beginning: MB and open files by role, rows by kind, and answers since the last.

    *rows* are empty while the database is away, *put_off* are answers with 503, and *p95* is in seconds.
    """

    at: float
    memory: dict[str, float]
    files: dict[str, int]
    rows: dict[str, int]
    answered: int
    put_off: int
    broken: int
    p95: float


class Life(msgspec.Struct):
    """A process from when it was first seen: when, what it had in memory (RSS, MB), and how many open files.

    One that *works* is no mere parent of others of its name.
    """

    name: str
    pid: int
    works: bool
    at: list[float] = []
    memory: list[float] = []
    files: list[int] = []


class Watch:
    """Looks at the descendants of this process, at the database, and at what people were answered."""

    def __init__(self, ask: Ask, answers: list[Answer]) -> None:
        self._ask, self._answers = ask, answers
        self._seen = 0
        self._lives: dict[tuple[int, str], Life] = {}
        self.looks: list[Look] = []

    @property
    def lives(self) -> list[Life]:
        """Every process that was seen."""
        return list(self._lives.values())

    def look(self, at: float) -> None:
        """Look once more."""
        there = [each for each in processes(os.getpid()) if each.pid != os.getpid()]
        parents = {(each.parent, each.name) for each in there}
        for process in there:
            self._follow(at, process, works=(process.pid, process.name) not in parents)
        answers = self._answers[self._seen :]
        self._seen += len(answers)
        took = [each.took for each in answers] or [0.0]
        self.looks.append(
            Look(
                at=at,
                memory=_by_name((each.name, each.size.pss) for each in there),
                files={name: int(sum_) for name, sum_ in _by_name((each.name, each.files) for each in there).items()},
                rows=self._rows(),
                answered=sum(each.status not in (0, 503) for each in answers),
                put_off=sum(each.status == 503 for each in answers),
                broken=sum(each.status == 0 for each in answers),
                p95=quantiles(took * 2, n=20)[-1],
            )
        )

    def _follow(self, at: float, process: Process, *, works: bool) -> None:
        key = process.pid, process.name
        life = self._lives.setdefault(key, Life(name=process.name, pid=process.pid, works=works))
        life.works &= works
        life.at.append(at)
        life.memory.append(process.size.rss)
        life.files.append(process.files)

    def _rows(self) -> dict[str, int]:
        with suppress(psycopg.Error, sqlite3.Error):
            return {kind: self._ask(sql)[0][0] for kind, sql in COUNTED.items()}
        return {}


def _by_name(found: Iterable[tuple[str, float]]) -> dict[str, float]:
    sums: Counter[str] = Counter()
    for name, value in found:
        sums[name] += value  # type: ignore[assignment]
    return dict(sums)
