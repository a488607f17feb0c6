"""One server that tests share, and folders short enough for a socket."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services.caddy import caddy
from tests.system.proxied import ROOT_PASSWORD, Proxied, seen_through
from tests.system.server import Server


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An empty folder; not pytest's own, whose path may be too long for a socket."""
    parent = Path(tempfile.mkdtemp(prefix="aerie-"))
    folder = parent / "data"
    folder.mkdir()
    yield folder
    shutil.rmtree(parent)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A running server that the tests of one module share."""
    parent = Path(tempfile.mkdtemp(prefix="aerie-"))
    with Server(parent / "data") as running:
        yield running
    shutil.rmtree(parent)


@pytest.fixture(scope="package")
def proxied() -> Iterator[Proxied]:
    """A running server of few threads with an admin called root, behind the proxy."""
    settings: Any = {
        "TRUSTED_PROXIES": "127.0.0.1",
        "WEB_CONCURRENCY": "1",
        "ADMIN_USERNAME": "root",
        "ADMIN_PASSWORD": ROOT_PASSWORD,
    }
    parent = Path(tempfile.mkdtemp(prefix="aerie-"))
    with Server(parent / "data", **settings) as server, caddy(f"127.0.0.1:{server.port}") as proxy:
        yield Proxied(server, seen_through(proxy, server))
    shutil.rmtree(parent)
