"""Promise 8: gunicorn starts its processes anew, or ends, under load, and nobody's request is lost."""

import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from models.endings import CHANNEL
from tests.chaos.clients import clients
from tests.chaos.house import House
from tests.chaos.load import delay
from tests.length import at_length
from tests.services.processes import wait_until
from tests.services.valkey import listeners

SIGNALS, EVERY, REQUESTS = at_length(6, 60), 1.5, at_length(5_000, 10_000)
# Those that come during a restart are one.
FEWEST_RESTARTS = 3
DRAIN_SECONDS = 3
SENDS_ON_AFTER = 2  # seconds, as a slow client does


@pytest.fixture
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    with House(**getattr(request, "param", {})) as running:
        yield running


def test_restarts_lose_no_request(house: House) -> None:
    """R28."""
    with clients(house, 8) as asking:
        began = time.monotonic()
        for number in range(SIGNALS):
            time.sleep(max(0, began + number * EVERY - time.monotonic()))
            house.gunicorn.send_signal(signal.SIGHUP)
        wait_until(lambda: _processes(house) >= 2 + 2 * FEWEST_RESTARTS, seconds=180, what="some restarts")
        wait_until(lambda: len(asking.answers) >= REQUESTS, seconds=90, what=f"{REQUESTS} answers")
    assert (asking.failures, asking.refused) == ([], 0)
    assert set(asking.statuses()) == {200, 201}
    assert house.ask_database("SELECT count(*) FROM defect")[0][0] == asking.statuses()[201]
    assert "Traceback" not in house.log()


def test_a_stop_answers_everyone_who_has_connected(house: House) -> None:
    """R29: also who waits for a task, who has sent half of what they have to say, and who has said nothing yet."""
    with clients(house, 16) as asking, ThreadPoolExecutor() as threads:
        task_id = house.ask("POST", "/tasks", delay(60), token=house.token).json["id"]
        waits = threads.submit(_wait_for, house, task_id)
        half_sent = _begin_to_sign_up(house)
        wait_until(lambda: _is_read(half_sent), what="it has read what there is")
        wait_until(lambda: listeners(house.folder, CHANNEL) == 1, what="it waits for the task")
        silent = socket.create_connection(("127.0.0.1", house.port), timeout=20)
        house.gunicorn.terminate()
        told_at = time.monotonic()
        wait_until(lambda: house.status("GET", "/readyz") != 200, what="it takes nobody new")
        time.sleep(max(0, told_at + SENDS_ON_AFTER - time.monotonic()))
        half_sent.sendall(b'password": "correct horse battery"}')
        silent.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert half_sent.recv(4096).startswith(b"HTTP/1.1 201 ")
        assert silent.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert waits.result().json()["status"] == "queued"
        assert house.gunicorn.wait(30) == 0
    half_sent.close()
    silent.close()
    assert asking.failures == []
    assert asking.refused == 16, "each asked until nobody listened"
    assert house.ask_database("SELECT count(*) FROM defect")[0][0] == asking.statuses()[201]
    assert "Traceback" not in house.log()


@pytest.mark.parametrize("house", [{"DRAIN_SECONDS": str(DRAIN_SECONDS)}], indirect=True)
def test_who_drains_says_so_and_serves_on(house: House) -> None:
    with clients(house, 4) as asking:
        house.gunicorn.terminate()
        told_at = time.monotonic()
        wait_until(lambda: house.status("GET", "/readyz") == 503, what="not ready any more")
        assert house.ask("GET", "/readyz").json["status"] == "draining"
        answered = len(asking.answers)
        wait_until(lambda: len(asking.answers) > answered + 100, what="others served meanwhile")
        assert house.gunicorn.wait(30) == 0
        assert time.monotonic() - told_at >= DRAIN_SECONDS
    assert asking.failures == []
    assert set(asking.statuses()) == {200, 201}


@pytest.mark.parametrize("house", [{"DRAIN_SECONDS": "600"}], indirect=True)
def test_who_is_told_twice_to_stop_drains_no_longer(house: House) -> None:
    house.gunicorn.terminate()
    wait_until(lambda: house.status("GET", "/readyz") == 503, what="not ready any more")
    house.gunicorn.send_signal(signal.SIGHUP)
    wait_until(lambda: _processes(house) == 4, what="a restart meanwhile")
    assert house.ask("GET", "/readyz").json["status"] == "draining", "as those say who have come since"
    house.gunicorn.terminate()
    assert house.gunicorn.wait(30) == 0


def test_what_could_not_start_replaces_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "key"
    kept.write_text("the key before, of 32 bytes or more")
    with House(SECRET_KEY_PREVIOUS_FILE=str(kept)) as house:
        kept.write_text("half a key")
        house.gunicorn.send_signal(signal.SIGHUP)
        wait_until(lambda: "SECRET_KEY_PREVIOUS must have at least 32 bytes." in house.log(), what="the reason")
        assert house.is_well()
        assert _processes(house) == 2
        kept.write_text("the key before, of 32 bytes or more")
        house.gunicorn.send_signal(signal.SIGHUP)
        wait_until(lambda: _processes(house) == 4, what="a restart")
        assert house.is_well()


def _processes(house: House) -> int:
    """How many have begun to serve in all."""
    return house.log().count("Booting worker")


def _wait_for(house: House, task_id: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {house.token}", "Prefer": "wait=30"}
    return requests.get(f"http://127.0.0.1:{house.port}/tasks/{task_id}", headers=headers, timeout=40)


def _is_read(client: socket.socket) -> bool:
    """Whether the other end has accepted a connection and taken whatever was sent over it."""
    here, there = client.getsockname()[1], client.getpeername()[1]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        if local.endswith(f":{there:04X}") and remote.endswith(f":{here:04X}"):
            return queues.endswith(":00000000")
    return False


def _begin_to_sign_up(house: House) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", house.port), timeout=20)
    client.sendall(
        b"POST /user HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 58\r\n\r\n"
        b'{"username": "bobby", "'
    )
    return client
