"""`/livez` and `/readyz`."""

from typing import Any

import pytest

from models import presence
from models.stores import opened
from tests.client import Client
from tests.faults import database_away, redis_away

READY = {"status": "ok", "database": "ok", "redis": "ok", "workers": []}


def test_the_process_is_up(api: Client) -> None:
    assert api.get("/livez", status=200).json == {"status": "ok"}


def test_the_service_is_ready_also_without_workers(api: Client) -> None:
    assert api.get("/readyz", status=200).json == READY


def test_workers_seen_lately_are_named(api: Client) -> None:
    for name in ("host:2", "host:1", "host:2"):
        presence.announce(name)
    assert api.get("/readyz", status=200).json == READY | {"workers": ["host:1", "host:2"]}


def test_workers_not_seen_lately_are_not_named(api: Client) -> None:
    presence.announce("host:1")
    opened.redis.run("ZINCRBY", "workers", -presence.LATELY - 1, "host:1")
    assert api.get("/readyz", status=200).json["workers"] == []
    presence.announce("host:2")
    assert opened.redis.run("ZRANGE", "workers", 0, -1) == ["host:2"]


@pytest.mark.parametrize(("away", "name"), [(redis_away, "redis"), (database_away, "database")])
def test_a_store_that_is_away_is_503_and_named(api: Client, away: Any, name: str) -> None:
    with away():
        answer = api.get("/readyz", status=503)
        assert answer.json == READY | {"status": "unavailable", name: "away"}
        assert answer.headers["Retry-After"] == "1"
        api.head("/readyz", status=503)
    assert api.get("/readyz", status=200).json == READY


def test_the_process_is_up_without_any_store(api: Client) -> None:
    with redis_away(), database_away():
        api.get("/livez", status=200)
        assert api.get("/readyz", status=503).json["database"] == "away"
