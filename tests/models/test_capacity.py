"""What may hold the threads of a serving process adds up to fewer than there are."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

from models.bulkhead import Bulkhead

TOP = Path(__file__).resolve().parents[2]


def _as_shipped() -> Any:
    """The module anew: these tests' own process has more room."""
    found = importlib.util.find_spec("models.capacity")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


capacity = _as_shipped()


def test_the_bulkheads_leave_threads_for_everything_else() -> None:
    held = sum(each.threads for each in capacity.BULKHEADS)
    assert held + capacity.FREE_THREADS == capacity.SERVING_THREADS
    assert capacity.FREE_THREADS >= 4


def test_every_bulkhead_is_counted() -> None:
    assert {id(each) for each in vars(capacity).values() if isinstance(each, Bulkhead)} == {
        id(each) for each in capacity.BULKHEADS
    }


def test_gunicorn_serves_with_as_many() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--print-config", "--config", "gunicorn.conf.py"],
        cwd=TOP, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert f"threads = {capacity.SERVING_THREADS}" in " ".join(shown.stdout.split())


def test_no_network_can_fill_a_bulkhead_that_others_need() -> None:
    for each in set(capacity.BULKHEADS) - {capacity.SET_PASSWORDS}:
        assert each.per_network < each.places
    for each in capacity.BULKHEADS:
        assert each.per_person <= each.per_network <= 3
