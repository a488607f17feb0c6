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
    held = sum(each.places + each.waiting for each in capacity.BULKHEADS)
    assert held + capacity.BODY_THREADS + capacity.FREE_THREADS == capacity.SERVING_THREADS
    assert capacity.FREE_THREADS >= 2


def test_every_bulkhead_is_counted() -> None:
    assert {id(each) for each in vars(capacity).values() if isinstance(each, Bulkhead)} == {
        id(each) for each in capacity.BULKHEADS
    }


def test_gunicorn_serves_with_as_many(tmp_path: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--print-config", "--config", "gunicorn.conf.py"],
        cwd=TOP, env={"DATA_DIR": str(tmp_path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert f"threads = {capacity.SERVING_THREADS}" in " ".join(shown.stdout.split())


def test_a_network_has_two_calls_of_a_kind_and_a_person_one_with_a_short_wait() -> None:
    passwords = (capacity.LOG_INS, capacity.SIGN_UPS, capacity.OWN_PASSWORDS, capacity.SET_PASSWORDS)
    for each in passwords:
        # One that hashes, and one that waits: Bulkhead lets no network have two of those.
        assert (each.places, each.per_network, each.per_person) == (1, 1, 1)
        assert each.waiting >= 2 and each.wait_seconds == 2
    assert (capacity.SEARCHES.places, capacity.SEARCHES.per_network, capacity.SEARCHES.per_person) == (2, 1, 1)
    assert (capacity.TASK_WAITS.per_network, capacity.TASK_WAITS.per_person) == (3, 2)
    assert set(capacity.BULKHEADS) == {*passwords, capacity.SEARCHES, capacity.TASK_WAITS}


def test_the_docs_have_the_same_numbers() -> None:
    rows = [line.split("|")[1:-1] for line in (TOP / "docs/limits.md").read_text().splitlines() if line[:2] == "| "]
    table = {row[0].strip(): [cell.strip() for cell in row[1:5]] for row in rows if len(row) == 6}
    named = {
        "log-in": capacity.LOG_INS,
        "sign-up": capacity.SIGN_UPS,
        "a change of one's own password": capacity.OWN_PASSWORDS,
        "a password set, or an account made, by an admin": capacity.SET_PASSWORDS,
        "a search by `q`": capacity.SEARCHES,
        "`Prefer: wait`": capacity.TASK_WAITS,
    }
    for name, each in named.items():
        at_a_time, per_network, per_person, wait = table[name]
        assert (at_a_time, per_network) == (str(each.places), str(each.per_network)), name
        # Who signs up or logs in is nobody yet.
        assert per_person == ("" if name in ("log-in", "sign-up") else str(each.per_person)), name
        assert wait == (f"{each.waiting} for {each.wait_seconds:.0f} s" if each.waiting else ""), name
