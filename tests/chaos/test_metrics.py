"""The metrics of a real gunicorn: they parse under load, and their sums are right whoever serves, and whoever has."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.chaos.crew import SCHEDULER, WORKER, children, kill
from tests.chaos.house import House
from tests.chaos.load import Line, delay, on_lines
from tests.metrics.scraped import Scrape
from tests.services.processes import wait_until

HANG_UPS = 2
LINES, ASKED_PER_LINE = 8, 120


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with House() as house:
        yield house


def scraped(house: House) -> Scrape:
    answer = requests.get(f"http://127.0.0.1:{house.port}/metrics", headers={"Connection": "close"}, timeout=20)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    return Scrape(answer.text)


def files(house: House) -> list[Path]:
    return sorted((house.folder / "metrics").iterdir())


def served(house: House) -> float:
    """How many requests for one's own account were answered, as both processes say."""
    seen = [scraped(house).sum("aerie_requests_total", route="/user/{username}", status="200") for _ in range(6)]
    assert len(set(seen)) == 1, "they don't say the same"
    return seen[0]


def ask(house: House, times: int) -> None:
    for _ in range(times):
        assert house.ask("GET", "/user/alice", token=house.token).status == 200


def hang_up(house: House) -> None:
    """Have other processes take the place of these, and wait until they have."""
    before = set(children(house.gunicorn.pid))
    house.gunicorn.send_signal(signal.SIGHUP)

    def are_others() -> bool:
        now = set(children(house.gunicorn.pid))
        return len(now) == 2 and not now & before

    wait_until(are_others, what="two new processes")


def test_they_parse_under_load_and_their_sums_are_right(house: House) -> None:
    before, hostile = scraped(house), ["/nowhere/{}", "/user/{}", "/problems/{}", "/tasks/{}", "/metrics/{}"]
    done = threading.Event()
    seen: list[Scrape] = []

    def watch() -> None:
        while not done.is_set():
            seen.append(scraped(house))

    def act(line: Line, number: int) -> int:
        return line.ask("GET", hostile[number % 5].format(number) if number % 2 else "/user/alice").status

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        statuses = on_lines(house.port, house.token, act, range(LINES * ASKED_PER_LINE), lines=LINES)
    finally:
        done.set()
        watcher.join()
    after = scraped(house)
    assert set(statuses) == {200, 403, 404}
    assert len(seen) > 5
    assert all(each.strangers() == set() for each in (*seen, after))
    totals = [each.sum("aerie_requests_total") for each in (*seen, after)]
    assert totals == sorted(totals)
    for name in ("aerie_requests_total", "aerie_request_seconds_count"):
        assert after.sum(name) - before.sum(name) == len(statuses) + len(seen) + 1


def test_sums_are_right_after_hang_ups_and_after_a_kill_and_files_stay_few(house: House) -> None:
    before = served(house)
    asked = 0
    for _ in range(HANG_UPS):
        ask(house, 10)
        asked += 10
        assert served(house) - before == asked
        hang_up(house)
        assert served(house) - before == asked
    names = [file.name for file in files(house)]
    # New processes begin while the old ones end.
    assert names == [f"{kind}_{slot}.db" for kind in ("counter", "histogram") for slot in range(4)]
    for pid in children(house.gunicorn.pid):
        ask(house, 5)
        asked += 5
        kill(pid)
        wait_until(lambda: len(children(house.gunicorn.pid)) == 2, what="another process")
        ask(house, 5)
        asked += 5
        assert served(house) - before == asked
    hang_up(house)
    assert [file.name for file in files(house)] == names
    assert served(house) - before == asked


def test_tasks_are_counted_whoever_ends_them(house: House) -> None:
    def succeeded() -> float:
        return scraped(house).value("aerie_tasks_ended_total", type="delay", status="succeeded")

    before = succeeded()
    house.crew.start(WORKER, SCHEDULER)
    with_workers = {"scheduler": 1, "tasks": 1, "notices": 1, "javascript": 0}
    wait_until(
        lambda: {kind: scraped(house).value("aerie_workers", kind=kind) for kind in with_workers} == with_workers,
        what="the crew is seen",
    )
    for number in range(10):
        assert house.ask("POST", "/tasks", delay(number % 2 / 10), token=house.token).status == 202
    wait_until(lambda: succeeded() - before == 10, what="ten delays have ended")
    assert scraped(house).sum("aerie_tasks_unfinished") == 0


def test_with_redis_hung_they_are_read_within_a_second(house: House) -> None:
    house.signal_redis(signal.SIGSTOP)
    try:
        found = []
        for _ in range(4):
            began = time.monotonic()
            found.append(scraped(house))
            assert time.monotonic() - began < 1
        assert [each.value("aerie_redis_up") for each in found] == [0, 0, 0, 0]
        assert any(each.value("aerie_database_up") for each in found)
    finally:
        house.signal_redis(signal.SIGCONT)
    wait_until(lambda: scraped(house).value("aerie_redis_up") == 1, what="Redis is back")
