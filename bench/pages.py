"""What a page of a million users costs without a network, and its ratio to the first page of its list."""

import argparse
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from falcon.testing import create_environ

from api.app import create_app
from bench.million import DELETED_TOGETHER, fill
from bench.plans import plans
from bench.servers import redis
from models.stores import database, drop_connection
from settings import Settings
from tests.services.postgres import new_database, postgres

LIVE, DELETED = "deleted_at IS NULL", "deleted_at IS NOT NULL"
# People come after alice and root.
LAST_BEFORE = DELETED_TOGETHER.start + 2
# Who asks for what, and the SQL that says where its pages begin.
LISTS = [
    ("root", "", LIVE),
    ("alice", "", LIVE),
    ("root", "role=user", f"role = 'user' AND {LIVE}"),
    ("root", "role=admin", f"role = 'admin' AND {LIVE}"),
    ("root", "deleted=include", "1 = 1"),
    ("root", "deleted=only", DELETED),
    ("root", "deleted=only&role=user", f"role = 'user' AND {DELETED}"),
    ("root", "deleted=only&role=admin", f"role = 'admin' AND {DELETED}"),
    ("root", "deleted=include&role=user", "role = 'user'"),
    ("root", "email=shared@example.com", f"email_key = 'shared@example.com' AND {LIVE}"),
    (
        "root",
        "email=shared@example.com&role=user",
        f"email_key = 'shared@example.com' AND role = 'user' AND {LIVE}",
    ),
    ("root", "username=user7", f"username_key = 'user7' AND {LIVE}"),
    ("root", "username=again&deleted=only", f"username_key = 'again' AND {DELETED}"),
    ("root", "count=true", LIVE),
    ("root", "count=true&role=admin", f"role = 'admin' AND {LIVE}"),
]
# A part that many names have, and one that none has; these may cost what they cost.
SEARCHES = [("root", "q=ser9"), ("alice", "q=ser9"), ("root", "q=nobody"), ("alice", "q=nobody")]


@dataclass
class Page:
    """A page of a list, the first page that it is compared with, and how long it took each time, in milliseconds."""

    who: str
    target: str
    name: str
    base: "Page | None" = None
    took: list[float] = field(default_factory=list)

    def line(self) -> str:
        """What came out."""
        ordered, quarter = sorted(self.took), len(self.took) // 4
        median, low, high = statistics.median(ordered), ordered[quarter], ordered[-1 - quarter]
        ratio = f"{median / statistics.median(self.base.took):6.2f}" if self.base else "  base"
        return f"{self.who:5} {self.name:64} {median:8.2f} ms {ratio}  (half of them {low:.2f} to {high:.2f})"


def measure(data_dir: Path, options: argparse.Namespace) -> None:
    """Measure on SQLite, then on Postgres."""
    with redis(data_dir):
        environment = {"DATA_DIR": str(data_dir)}
        _measure_on("SQLite", environment, options)
        with postgres() as server:
            url = new_database(server, "aerie_bench")
            redis_url = f"unix://{data_dir / 'redis.sock'}"
            secrets = {"SECRET_KEY": "a secret key of the bench, 32 bytes or more"}
            _measure_on("Postgres", environment | secrets | {"DATABASE_URL": url, "REDIS_URL": redis_url}, options)


def _measure_on(name: str, environment: dict[str, str], options: argparse.Namespace) -> None:
    settings = Settings.from_env(environment | {"LOG_LEVEL": "error"})
    app = create_app(settings)
    tokens = fill(settings)
    pages = [page for each in LISTS for page in _pages(*each)]
    searches = [Page(who, f"/users?{query}", query) for who, query in SEARCHES]
    for turn in range(options.rounds * 10):
        for page in pages + (searches if turn < options.rounds else []):
            page.took.append(_milliseconds(app, page.target, tokens[page.who]))
    print(f"A page of a million users on {name}, and its ratio to the first:")
    for page in pages + searches:
        print(page.line())
        if options.plans:
            print(*plans(partial(_milliseconds, app, page.target, tokens[page.who])), sep="\n", flush=True)
    drop_connection()


def _pages(who: str, query: str, where: str) -> Iterator[Page]:
    """The first page, the 1,000th, the one before the deleted, and the last; of 50 items the first and the middle."""
    total = _number(f"count(*) FROM users WHERE {where}")
    before_deleted = _number(f"count(*) FROM users WHERE {where} AND id <= {LAST_BEFORE}")
    many = {"page 1,000": 199_800, "before many deleted": before_deleted, "the last page": total - 200}
    places = {200: many, 50: {"the middle": total // 2}}
    for limit, names in places.items():
        asked = f"/users?limit={limit}&{query}".rstrip("&")
        first = Page(who, asked, f"{query or 'all'}, limit={limit}, page 1")
        yield first
        for name, before in names.items():
            if limit <= before < total:
                last = _number(f"id FROM users WHERE {where} ORDER BY id LIMIT 1 OFFSET {before - 1}")
                yield Page(who, f"{asked}&cursor={last}", f"{query or 'all'}, limit={limit}, {name}", first)


def _number(what: str) -> int:
    found: int = database.execute_sql(f"SELECT {what}").fetchone()[0]
    return found


def _milliseconds(app: Any, target: str, token: str) -> float:
    path, _, query = target.partition("?")
    environ = create_environ(path, query, headers={"Authorization": f"Bearer {token}", "User-Agent": "bench"})
    said: list[str] = []
    start = time.perf_counter()
    answer = b"".join(app(environ, lambda status, headers, exc_info=None: said.append(status)))
    took = time.perf_counter() - start
    assert said == ["200 OK"], answer
    return took * 1000
