"""With a store away, or silent, the metrics are there within a second, but for what only it knows."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from models import stores
from models.figures import PATIENCE, PatientReader
from models.stores import database, opened
from tests.client import Client
from tests.faults import database_away, redis_away
from tests.metrics.scraped import Scrape, scrape
from tests.services.processes import wait_until


@contextmanager
def database_silent() -> Iterator[None]:
    """Somebody listens where Postgres was, and says nothing."""
    before = database.obj
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"postgresql://nobody@127.0.0.1:{listener.getsockname()[1]}/none"
        database.initialize(stores._database(replace(opened.settings, database_url=url)))
        try:
            yield
        finally:
            database.initialize(before)


def told(api: Client, up: dict[str, int]) -> Scrape | None:
    """The metrics, within a second, if that is what they say of the stores."""
    began = time.monotonic()
    found = scrape(api)
    assert time.monotonic() - began < 1
    return found if {name: found.value(f"aerie_{name}_up") for name in up} == up else None


@pytest.mark.parametrize(
    ("away", "up"),
    [
        (redis_away, {"redis": 0, "database": 1}),
        (database_away, {"redis": 1, "database": 0}),
        (database_silent, {"redis": 1, "database": 0}),
    ],
)
def test_of_a_store_that_is_away_that_alone_is_told_and_within_a_second(
    api: Client, away: Callable[[], Any], up: dict[str, int]
) -> None:
    with away():
        # A machine that stalls makes a store seem to be away that is there.
        found = wait_until(lambda: told(api, up), what="what is there is told")
        assert ("aerie_workers" in found.names()) == up["redis"]
        assert ("aerie_tasks_ended_total" in found.names()) == up["database"]
        assert found.sum("aerie_requests_total") > 0


def test_whoever_asks_while_another_is_stuck_does_not_wait(app: Any) -> None:
    reader = PatientReader()
    with database_silent():
        assert reader.read() is None
        began = time.monotonic()
        assert reader.read() is None
        assert time.monotonic() - began < PATIENCE
        assert reader._stuck is not None
        reader._stuck.join(10)
    assert wait_until(reader.read, what="the figures")
