"""Processes of gunicorn count in files by slot: few, for their owner alone, and never on a disk without room."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from metrics.slots import SIZE, Slots

ROOT = Path(__file__).parents[2]
COUNT = """
import resource, sys
from pathlib import Path
from types import SimpleNamespace
from metrics.slots import Slots
most, slot, times = map(int, sys.argv[2:])
if most:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
Slots(Path(sys.argv[1])).enter(None, SimpleNamespace(slot=slot))
from metrics import counted
for _ in range(times):
    counted.count_request("GET", "/", 200, 0.1)
found = [each.value for metric in counted.collect() for each in metric.samples if each.name == "aerie_requests_total"]
print(int(sum(found)))
"""


def forked(server: Any, slots: Slots) -> Any:
    """A worker that gunicorn has forked."""
    worker = SimpleNamespace()
    slots.assign(server, worker)
    server.WORKERS[id(worker)] = worker
    return worker


def count(folder: Path, *, slot: int, times: int, most: int = 0) -> tuple[int, str]:
    """What a process sees that has counted so often; none of its files may have more than *most* bytes."""
    arguments = [sys.executable, "-c", COUNT, str(folder), str(most), str(slot), str(times)]
    ran = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True)
    *said, seen = ran.stdout.splitlines()
    return int(seen), "".join(said)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where nothing has been counted."""
    Slots(tmp_path / "metrics").clear(None)
    return tmp_path / "metrics"


def test_a_process_gets_the_lowest_slot_that_no_living_one_has(folder: Path) -> None:
    server: Any = SimpleNamespace(WORKERS={})
    slots = Slots(folder)
    workers = [forked(server, slots) for _ in range(4)]
    assert [worker.slot for worker in workers] == [0, 1, 2, 3]
    for dead in (2, 1):
        del server.WORKERS[id(workers[dead])]
    assert [forked(server, slots).slot for _ in range(3)] == [1, 2, 4]


def test_whoever_comes_next_in_a_slot_goes_on_counting(folder: Path) -> None:
    assert count(folder, slot=0, times=3) == (3, "")
    assert count(folder, slot=1, times=4) == (7, "")
    assert count(folder, slot=0, times=5) == (12, "")
    names = {file.name for file in folder.iterdir()}
    assert names == {"counter_0.db", "counter_1.db", "histogram_0.db", "histogram_1.db"}
    assert {file.stat().st_size for file in folder.iterdir()} == {SIZE}


def test_the_files_are_for_their_owner_alone(folder: Path) -> None:
    count(folder, slot=0, times=1)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


def test_a_gunicorn_that_starts_begins_at_nothing(folder: Path) -> None:
    count(folder, slot=0, times=3)
    (folder / "counter_1.draft").touch()
    Slots(folder).clear(None)
    assert list(folder.iterdir()) == []
    assert count(folder, slot=0, times=1) == (1, "")


def test_on_a_full_disk_a_process_serves_and_is_not_counted(folder: Path) -> None:
    count(folder, slot=0, times=3)
    seen, said = count(folder, slot=1, times=5, most=SIZE // 2)
    assert seen == 3
    assert '"requests are not counted"' in said
    assert {file.name for file in folder.iterdir()} == {"counter_0.db", "histogram_0.db"}
    assert count(folder, slot=1, times=5) == (8, "")


def test_a_disk_that_fills_up_later_hurts_nobody_who_counts(folder: Path) -> None:
    """Every block of the files was written when they were made."""
    count(folder, slot=0, times=1)
    for file in folder.iterdir():
        assert file.stat().st_blocks * 512 >= SIZE


def test_a_folder_that_can_t_be_made_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "metrics").touch()
    Slots(tmp_path / "metrics").clear(None)
    seen, said = count(tmp_path / "metrics", slot=0, times=1)
    assert seen == 0
    assert '"requests are not counted"' in said
