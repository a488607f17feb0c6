"""How many requests a second, as ratios to bare Falcon on the same gunicorn, and on Postgres to SQLite."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import logs
from bench.figures import Figure
from bench.servers import USERS, bare_falcon, gunicorn, on_postgres, redis, seed
from bench.wrk import Answers, Request, ask, figure, require
from models.stores import drop_connection
from settings import Settings

PAGE, DEFECTS = "/users?limit=50", "/api/defects?limit=50"
# Before those that are reported meanwhile, which are all of one person.
EARLIER = f"&cursor={USERS + 1}"
# What has wrk report a defect with each request.
REPORT = Path(__file__).with_name("report.lua")


@dataclass(frozen=True)
class Row:
    """A request, and the goals of its ratio: on SQLite to bare Falcon, and on Postgres to SQLite."""

    request: Request
    goal: str = ""
    goal_on_postgres: str | None = None


class Turn:
    """Bare Falcon, a row on SQLite and, if that has a goal, on Postgres: one directly after the other."""

    def __init__(self, bare: Request, row: Row, on_postgres: Row) -> None:
        self._bare, self._row = bare, row
        self._on_postgres = None if row.goal_on_postgres is None else on_postgres.request
        asked = [bare, row.request, *([self._on_postgres] if self._on_postgres else [])]
        self.answers: Answers = {request: [] for request in asked}

    def take(self, seconds: int) -> None:
        """Ask for each, for so long."""
        for request, answers in self.answers.items():
            answers.append(ask(request, seconds))

    def figures(self) -> Iterator[Figure]:
        """What came out: ratios to bare Falcon, and of Postgres to SQLite."""
        row = self._row
        yield figure(row.request, self._bare, self.answers, goal=row.goal)
        if self._on_postgres and row.goal_on_postgres:
            yield figure(self._on_postgres, self._bare, self.answers)
            yield figure(self._on_postgres, row.request, self.answers, base_name="SQLite", goal=row.goal_on_postgres)


def measure(data_dir: Path, options: argparse.Namespace) -> Iterator[Figure]:
    """Measure every row in turn."""
    require()
    logs.configure("error")
    with ExitStack() as started:
        on_sqlite = _rows(*_served(started, {"DATA_DIR": str(data_dir / "sqlite")}))
        environment = started.enter_context(on_postgres(data_dir / "postgres"))
        there = _rows(*_served(started, environment), suffix=", Postgres")
        bare = Request("bare Falcon", f"{started.enter_context(bare_falcon(data_dir))}/", "Hello World")
        turns = [Turn(bare, *pair) for pair in zip(on_sqlite, there, strict=True)]
        for _ in range(options.rounds):
            for turn in turns:
                turn.take(options.seconds)
    yield figure(bare, None, turns[0].answers)
    for turn in turns:
        yield from turn.figures()


def _served(started: ExitStack, environment: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Start the product over a database with people in it; its URL, and tokens by name."""
    settings = Settings.from_env(environment)
    started.enter_context(redis(settings.data_dir))
    tokens = seed(settings)
    drop_connection()
    return started.enter_context(gunicorn(environment)), tokens


def _rows(url: str, tokens: dict[str, str], *, suffix: str = "") -> list[Row]:
    alice, root = tokens["alice"], tokens["root"]

    def get(name: str, path: str, part: str, token: str | None = None) -> Request:
        return Request(f"GET {path} {name}{suffix}", f"{url}{path}", part, token)

    return [
        Row(get("as nobody", "/", "Hello World")),
        Row(get("with a session", "/", "Hello alice", alice), "≥ 0.60, never under 0.50", "≥ 0.6"),
        Row(get("as a user", PAGE, '"user47"', alice), "≥ 0.46, never under 0.38", "≥ 0.6"),
        Row(get("as an admin", PAGE, '"user47"', root)),
        Row(Request(f"GET {DEFECTS}{suffix}", f"{url}{DEFECTS}{EARLIER}", "lamp", alice)),
        Row(
            Request(f"POST /api/defects{suffix}", f"{url}/api/defects", "", alice, REPORT),
            "≥ 0.30, never under 0.24",
            "≥ 0.5",
        ),
    ]
