"""What a page of a million items costs without a network, and its ratio to the first page of its list."""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from falcon.testing import create_environ

from api.app import create_app
from bench.asked import Table, asked
from bench.chores import fill_chores
from bench.deeds import fill_deeds
from bench.figures import Figure
from bench.lists import TABLES
from bench.million import fill
from bench.plans import plans
from bench.servers import redis
from models.stores import database, drop_connection
from settings import Settings
from tests.services.postgres import new_database, postgres

# In milliseconds: what takes longer is asked for in fewer turns.
SLOW = 40
# What a page may cost of the first.
GOAL = 1.2


@dataclass
class Page:
    """A page of a list, the first page that it is compared with, and how long it took each time, in milliseconds.

    Of the items that are *there* to be shown it had *shown* so many when it was asked for once to begin with.
    """

    who: str
    target: str
    name: str
    there: int | None = None
    base: "Page | None" = None
    shown: int | None = None
    took: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float | None:
        """What it takes of the first, if it is another, as the fastest quarters have it: whatever else runs adds."""
        return self.low / self.base.low if self.base else None

    @property
    def low(self) -> float:
        """What three quarters of all turns take at least."""
        return sorted(self.took)[len(self.took) // 4]

    def line(self) -> str:
        """What came out."""
        ordered, quarter = sorted(self.took), len(self.took) // 4
        median, low, high, most = statistics.median(ordered), ordered[quarter], ordered[-1 - quarter], ordered[-1]
        ratio = "  base" if self.ratio is None else f"{self.ratio:6.2f}"
        wrong = "" if self.there in (None, self.shown) else f"  WRONG: {self.shown} items of {self.there}"
        spread = f"(half of them {low:.2f} to {high:.2f}, at most {most:.2f})"
        return f"{self.who:5} {self.name:76} {median:8.2f} ms {ratio}  {spread}{wrong}"


def measure(data_dir: Path, options: argparse.Namespace) -> Iterator[Figure]:
    """Measure on SQLite, then on Postgres."""
    with redis(data_dir):
        environment = {"DATA_DIR": str(data_dir)}
        yield from _measure_on("SQLite", environment, options)
        with postgres() as server:
            url = new_database(server, "aerie_bench")
            redis_url = f"unix://{data_dir / 'redis.sock'}"
            secrets = {"SECRET_KEY": "a secret key of the bench, 32 bytes or more"}
            yield from _measure_on(
                "Postgres", environment | secrets | {"DATABASE_URL": url, "REDIS_URL": redis_url}, options
            )


def _measure_on(name: str, environment: dict[str, str], options: argparse.Namespace) -> Iterator[Figure]:
    settings = Settings.from_env(environment | {"LOG_LEVEL": "error"})
    app = create_app(settings)
    tokens = fill(settings)
    fill_deeds(settings)
    fill_chores(settings)
    ask = partial(_ask, app, tokens)
    for table in TABLES:
        print(f"A page of a million at {table.path} on {name}, and its ratio to the first:", flush=True)
        pages = list(_pages(table))
        _take_turns(pages, ask, options.rounds)
        for page in pages:
            print(page.line())
            if options.plans:
                print(*plans(partial(ask, page)), sep="\n", flush=True)
        ratios = [page.ratio for page in pages if page.ratio is not None]
        yield _figure(f"a page at {table.path}, {name}", pages)
        print(f"{sum(each > GOAL for each in ratios)} of {len(ratios)} cost more than {GOAL} of the first.", flush=True)
    drop_connection()


def _figure(name: str, pages: list[Page]) -> Figure:
    """All pages of a table for one: its rounds are the pages, each beside the first of its list."""
    pairs = [(page.low, page.base.low) for page in pages if page.base]
    took, first = (list(each) for each in zip(*pairs, strict=True))
    return Figure(name=name, unit="ms", rounds=took, base="page 1", base_rounds=first, goal=f"each ≤ {GOAL}")


def _take_turns(pages: list[Page], ask: Callable[[Page], bytes], rounds: int) -> None:
    """Ask for each page once to begin with, since what was never read comes from the disk, and then in turn."""
    for page in pages:
        page.shown = len(json.loads(ask(page))["items"])
    for turn in range(rounds * 10):
        for page in pages:
            if turn < rounds + 2 or min(page.took) < SLOW:
                start = time.perf_counter()
                ask(page)
                page.took.append((time.perf_counter() - start) * 1000)


def _pages(table: Table) -> Iterator[Page]:
    for each in table.lists:
        yield from _pages_of(table, *each)
    for who, query in table.alone:
        yield Page(who, f"{table.path}?{asked(query)}", query)


def _pages_of(table: Table, who: str, query: str, where: str) -> Iterator[Page]:
    """Of 200 items the first page, the 1,000th, the 5,000th, the last and where there is more to see; of 50 two."""
    rows = f"FROM {table.name} WHERE {where}"
    total = _number(f"count(*) {rows}")
    many = {"page 1,000": 199_800, "page 5,000": 999_800, "the last page": total - 200}
    many |= {name: _number(f"count(*) {rows} AND {before}") for name, before in table.landmarks.items()}
    for limit, places in {200: many, 50: {"the middle": total // 2}}.items():
        target = f"{table.path}?limit={limit}&{asked(query)}".rstrip("&")
        first = Page(who, target, f"{query or 'all'}, limit={limit}, page 1", min(limit, total))
        yield first
        for name, before in places.items():
            if limit <= before < total:
                cursor = _number(f"{table.cursor} {rows} ORDER BY {table.order} LIMIT 1 OFFSET {before - 1}")
                there, name = min(limit, total - before), f"{query or 'all'}, limit={limit}, {name}"
                yield Page(who, f"{target}&cursor={cursor}", name, there, first)


def _number(what: str) -> int:
    found: int = database.execute_sql(f"SELECT {what}").fetchone()[0]
    return found


def _ask(app: Any, tokens: dict[str, str], page: Page) -> bytes:
    path, _, query = page.target.partition("?")
    headers = {"Authorization": f"Bearer {tokens[page.who]}", "User-Agent": "bench"}
    environ = create_environ(path, query, headers=headers)
    said: list[str] = []
    answer = b"".join(app(environ, lambda status, headers, exc_info=None: said.append(status)))
    assert said == ["200 OK"], answer
    return answer
