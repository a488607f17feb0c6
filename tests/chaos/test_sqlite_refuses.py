"""A SQLite that somebody locks, a disk that is full, and four processes that change one row: real ones, under load."""

import resource
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from tests.chaos.crew import children
from tests.chaos.house import House
from tests.chaos.invariants import unexpected
from tests.chaos.load import Line, Said, all_the_time
from tests.length import at_length
from tests.marks import servers_on_sqlite
from tests.services.processes import wait_until

PROCESSES, LINES, INCREMENTS = 4, 8, 160
# In seconds. SQLite waits for five for who has locked it.
SHORT, LONG, WITHIN, ALWAYS_WITHIN, HEALED_WITHIN = 3, at_length(7, 30), 5.5, 1.0, 3.0
COMMENT = "x" * 2_000


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with House(WEB_CONCURRENCY=str(PROCESSES)) as running:
        yield running
        assert unexpected(running.log()) == []


@contextmanager
def reporting(house: House) -> Iterator[list[Said]]:
    """Have eight report defects all the time, until the end of the block; what they were told."""
    told = list[Said]()

    def report(line: Line) -> None:
        told.append(line.ask("POST", "/api/defects", {"comment": COMMENT}))

    with all_the_time(house.port, house.token, [report] * LINES, pause=0.01):
        yield told


@contextmanager
def locked(house: House) -> Iterator[None]:
    with closing(sqlite3.connect(house.folder / "aerie.db", isolation_level=None, timeout=20)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")


def check_kept(house: House, told: list[Said], before: int) -> None:
    """What was acknowledged is there, and nothing else."""
    print(Counter(said.status for said in told), f"longest {max(said.took for said in told):.2f} s")
    promised = {said.json["id"] for said in told if said.status == 201}
    assert {row[0] for row in house.ask_database(f"SELECT id FROM defect WHERE id > {before}")} == promised
    assert all("Retry-After" in said.headers for said in told if said.status == 503)


def newest(house: House) -> int:
    return int(house.ask_database("SELECT coalesce(max(id), 0) FROM defect")[0][0])


@servers_on_sqlite
@pytest.mark.parametrize(("seconds", "statuses"), [(SHORT, {201}), (LONG, {201, 503})])
def test_whoever_finds_it_locked_waits_for_five_seconds(house: House, seconds: float, statuses: set[int]) -> None:
    """R11"""
    before = newest(house)
    with reporting(house) as told:
        wait_until(lambda: len(told) > LINES, what="work")
        with locked(house):
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                assert (said := house.ask("GET", "/user/alice", token=house.token)).status == 200, said
                assert said.took < ALWAYS_WITHIN, "readers don't wait"
        goes_on(told)
    assert {said.status for said in told} == statuses
    assert max(said.took for said in told) < WITHIN
    check_kept(house, told, before)


def goes_on(told: list[Said]) -> None:
    """Writes are done again, within as many seconds as is promised."""
    number = len(told)
    wait_until(
        lambda: any(said.status == 201 for said in told[number + LINES :]), seconds=HEALED_WITHIN, what="writes again"
    )


def test_of_what_four_processes_read_and_write_back_nothing_is_lost(house: House) -> None:
    """R11, R34"""

    def increment(_: int) -> int:
        with closing(Line(house.port, house.token)) as line:
            for refused in range(1_000):
                read = line.ask("GET", "/user/alice")
                number = read.json["data"].get("number", 0)
                said = line.ask("PATCH", "/user/alice", {"data": {"number": number + 1}}, If_Match=read.headers["ETag"])
                if said.status == 200:
                    return refused
                assert said.status == 412, said
        raise AssertionError("never its turn")

    with ThreadPoolExecutor(LINES) as threads:
        refused = sum(threads.map(increment, range(INCREMENTS)))
    print(f"{refused} refused")
    assert refused > 0, "they were in each other's way"
    assert house.ask("GET", "/user/alice", token=house.token).json["data"]["number"] == INCREMENTS


@servers_on_sqlite
@pytest.mark.parametrize("room", [0, 1, 5_000, 50_000])
def test_a_full_disk_takes_all_of_a_write_or_nothing_and_reads_go_on(house: House, room: int) -> None:
    """R12: neither database nor log can grow by more than so many bytes."""
    before = newest(house)
    with reporting(house) as told:
        wait_until(lambda: len(told) > LINES, what="work")
        with full_disk(house, room):
            wait_until(lambda: [said.status for said in told[-LINES:]] == [503] * LINES, what="no room for anybody")
            for _ in range(50):
                assert (said := house.ask("GET", "/user/alice", token=house.token)).status == 200, said
        goes_on(told)
    assert {said.status for said in told} == {201, 503}
    check_kept(house, told, before)


@contextmanager
def full_disk(house: House, room: int) -> Iterator[None]:
    """The kernel refuses those that serve whatever would make a file larger than the database is by so much."""
    size = (house.folder / "aerie.db").stat().st_size
    serving = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in children(house.gunicorn.pid)}
    for pid, (_, most) in serving.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + room, most))
    try:
        yield
    finally:
        for pid, before in serving.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
