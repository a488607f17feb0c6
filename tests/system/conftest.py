"""One server that tests share, and folders short enough for a socket."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

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
