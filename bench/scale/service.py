"""Everything on Postgres, as the product starts it, and what it uses of the machine."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import logs
from bench.counter import counter
from bench.figures import stop
from bench.resident import seconds_used
from bench.servers import gunicorn, on_postgres, program, redis, seed
from models.stores import drop_connection
from settings import Settings
from tests.services.databases import Asking

# In seconds: for what was begun to end.
ENDS_WITHIN = 60
OPEN = """
    SELECT (SELECT count(*) FROM task WHERE status NOT IN ('succeeded', 'failed', 'cancelled'))
    + (SELECT count(*) FROM notification WHERE status = 'pending')
"""


class Service(NamedTuple):
    """Where it is, who may ask, and a way to ask its database."""

    url: str
    tokens: Mapping[str, str]
    ask: Asking

    def wait_for_the_end(self) -> None:
        """Wait until every task has ended and every notice is delivered."""
        give_up = time.monotonic() + ENDS_WITHIN
        while self.ask(OPEN) != [(0,)]:
            if time.monotonic() > give_up:
                stop(f"not all has ended after {ENDS_WITHIN} s.")
            time.sleep(0.05)

    def used(self) -> dict[str, float]:
        """Seconds of a processor that each part has used since it started, by its name."""
        return seconds_used(os.getpid())

    def written(self) -> int:
        """How many bytes Postgres has logged ahead of its tables since it was made."""
        return int(self.ask("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")[0][0])


@contextmanager
def service(folder: Path) -> Iterator[Service]:
    """All of it, over ten thousand people, from when it is ready to the end of the block."""
    logs.configure("error")
    with ExitStack() as started:
        environment = started.enter_context(on_postgres(folder))
        environment["COUNTER_URL"] = started.enter_context(counter()).url
        settings = Settings.from_env(environment)
        started.enter_context(redis(settings.data_dir))
        tokens = seed(settings)
        drop_connection()
        url = started.enter_context(gunicorn(environment))
        for name in ("worker", "javascript", "scheduler"):
            started.enter_context(program(name, environment))
        yield Service(url, tokens, Asking(settings.database_url))
