"""The counter server of tests of notices, and what workers are told of them."""

from collections.abc import Iterator
from typing import Any

import pytest

from models.stores import opened
from tests.services.counter import CounterServer, named


@pytest.fixture
def counter(app: Any) -> Iterator[CounterServer]:
    """A counter server, which is the one that is told."""
    with CounterServer() as server, named(server.url):
        yield server


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, app: Any) -> list[int]:
    """The ids that workers are told."""
    told: list[int] = []
    monkeypatch.setattr(opened, "send", lambda sent: told.extend(notice_id for _, notice_id in sent))
    return told
