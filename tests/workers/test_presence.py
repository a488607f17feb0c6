"""Workers say that they are there, and are forgotten when they stop."""

import time

import pytest

from models import presence
from tests.client import Client


def test_a_worker_that_announced_itself_is_named_by_readyz(api: Client) -> None:
    assert api.get("/readyz", status=200).json["workers"] == []
    presence.announce("one")
    presence.announce("another")
    assert api.get("/readyz", status=200).json["workers"] == ["another", "one"]


def test_a_worker_that_fell_silent_is_forgotten(stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    presence.announce("silent")
    later = time.time() + presence.LATELY + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert presence.seen_lately() == []
