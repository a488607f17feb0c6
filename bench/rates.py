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


def measure(data_dir: Path, options: argparse.Namespace) -> Iterator[Figure]:
    """Measure every row, on SQLite and some on Postgres, in turn."""
    require()
    logs.configure("error")
    with ExitStack() as started:
        on_sqlite = _rows(*_served(started, {"DATA_DIR": str(data_dir / "sqlite")}))
        environment = started.enter_context(on_postgres(data_dir / "postgres"))
        served = _rows(*_served(started, environment), suffix=", Postgres")
        pairs = [(row, there) for row, there in zip(on_sqlite, served, strict=True)]
        bare = Request("bare Falcon", f"{started.enter_context(bare_falcon(data_dir))}/", "Hello World")
        asked = [bare]
        for row, there in pairs:
            asked += [row.request] if row.goal_on_postgres is None else [row.request, there.request]
        answers: Answers = {request: [] for request in asked}
        for _ in range(options.rounds):
            for request in asked:
                answers[request].append(ask(request, options.seconds))
    yield figure(bare, None, answers)
    for row, there in pairs:
        yield figure(row.request, bare, answers, goal=row.goal)
        if row.goal_on_postgres is not None:
            yield figure(there.request, bare, answers)
            yield figure(there.request, row.request, answers, goal=row.goal_on_postgres)


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
