"""`script/server`: from an empty folder to a service, through every death, to nothing left behind."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest
import requests

from tests.services.processes import wait_until
from tests.system.server import ROOT, Server, run

ALICE = {"username": "alice", "password": "correct horse battery"}
# The oldest of a name is the one that started the others of it.
FIRST, LAST = 0, -1
# Each with its place in the order of starts.
PROCESSES = [
    ("valkey-server", FIRST),
    ("-m gunicorn", FIRST),
    ("-m gunicorn", LAST),
    ("--queues tasks", FIRST),
    ("--queues tasks", LAST),
    ("--queues javascript", LAST),
    ("workers.scheduler", FIRST),
    ("-m supervision", FIRST),
]


@pytest.mark.parametrize("stops", [(signal.SIGINT, signal.SIGHUP), (signal.SIGTERM, signal.SIGQUIT)])
def test_a_second_start_finds_the_data_of_the_first_and_a_stop_leaves_no_process(
    data_dir: Path, stops: tuple[signal.Signals, signal.Signals]
) -> None:
    server = Server(data_dir)
    server.start()
    assert server.call("POST", "/user", json=ALICE).status_code == 201
    token = server.log_in(**ALICE)
    assert server.stop(stops[0]) == 0
    assert server.processes() == {}

    server.start()
    assert server.call("GET", "/", token).json()["message"] == "Hello alice"
    assert server.stop(stops[1]) == 0
    assert server.processes() == {}


def test_whatever_is_killed_comes_back_and_the_service_heals(data_dir: Path) -> None:
    with Server(data_dir) as server:
        server.call("POST", "/user", json=ALICE)
        token = server.log_in(**ALICE)
        for part, place in PROCESSES:
            victim = server.pids_of(part)[place]
            orphans = _children(victim)
            os.kill(victim, signal.SIGKILL)
            # They may serve for a moment yet, and who is asked then is not who is asked next.
            wait_until(partial(_all_have_left, server, orphans), what=f"what {part} had started is gone")
            wait_until(partial(_has_another, server, part, victim), what=f"{part} is back")
            wait_until(server.is_ready, what=f"ready after the end of {part}")
            # Each process finds out for itself that Redis is back, a second later at most.
            wait_until(partial(_greets_alice, server, token), seconds=3, what=f"healed after the end of {part}")
    assert server.processes() == {}


@pytest.mark.parametrize(("victim", "seconds"), [(0, 5), (1, 20)], ids=["the master", "the worker"])
def test_a_master_and_a_worker_of_whom_one_dies_while_they_start_are_replaced_soon(
    data_dir: Path, victim: int, seconds: int
) -> None:
    with Server(data_dir) as server:
        old = server.pids_of("--queues tasks")
        os.kill(old[0], signal.SIGKILL)
        pair = wait_until(partial(_pair_besides, server, old), what="a new master and its worker")
        os.kill(pair[victim], signal.SIGKILL)
        wait_until(lambda: not set(pair) & server.processes().keys(), seconds=seconds, what="the end of the other")
        wait_until(partial(_pair_besides, server, [*old, *pair]), what="the next pair")
        wait_until(server.is_ready, what="ready")


def test_workers_start_where_python_would_not_fork_them(data_dir: Path, tmp_path: Path) -> None:
    """As Python 3.14 does."""
    (tmp_path / "sitecustomize.py").write_text("import multiprocessing; multiprocessing.set_start_method('forkserver')")
    with Server(data_dir, PYTHONPATH=str(tmp_path)):
        pass  # which is not ready without workers of each kind


@pytest.mark.parametrize(("parent", "part"), [("-m gunicorn", "-m gunicorn"), ("-m supervision", "workers.scheduler")])
def test_whoever_is_told_to_stop_as_soon_as_it_is_forked_stops(server: Server, parent: str, part: str) -> None:
    starter = server.pids_of(parent)[0]
    for _ in range(2):
        victim = wait_until(lambda: server.pids_of(part), what=f"{part} runs")[-1]
        old = _children(starter)
        os.kill(victim, signal.SIGKILL)
        new = wait_until(partial(_children_besides, starter, old), every=0, what="the next one")
        os.kill(min(new), signal.SIGTERM)
        wait_until(partial(_none_is_left, starter, new), seconds=5, what="its end")
    wait_until(server.is_ready, what="ready")


@pytest.mark.parametrize("after", [0.2, 0.6, 1.2, 1.5])
def test_a_stop_in_the_middle_of_the_start_stops_everything_soon(data_dir: Path, after: float) -> None:
    server = Server(data_dir)
    server.launch()
    time.sleep(after)  # any moment must do; these are the ones in which different things run
    asked = time.monotonic()
    server.stop()
    assert time.monotonic() - asked < 15
    wait_until(lambda: server.processes() == {}, seconds=5, what="nothing is left")
    assert "Traceback" not in server.log()


def test_when_the_first_process_is_killed_none_outlives_it(data_dir: Path) -> None:
    server = Server(data_dir)
    server.start()
    server.stop(signal.SIGKILL)
    wait_until(lambda: server.processes() == {}, seconds=40, what="nothing is left")


def test_two_servers_live_side_by_side(server: Server, data_dir: Path) -> None:
    with Server(data_dir) as other:
        assert other.call("POST", "/user", json=ALICE).status_code == 201
        assert server.call("POST", "/auth", json=ALICE).status_code == 401
        assert server.is_ready()


def test_two_servers_never_share_a_folder_or_a_port(server: Server, data_dir: Path) -> None:
    command = [str(ROOT / "script" / "server")]
    same_folder = run(command, DATA_DIR=str(server.data_dir), PORT="1")
    assert same_folder.returncode != 0
    assert same_folder.stderr == f"aerie: DATA_DIR {server.data_dir} is in use by another server; choose another.\n"
    same_port = run(command, DATA_DIR=str(data_dir), PORT=str(server.port))
    assert same_port.returncode != 0
    assert same_port.stderr.startswith("aerie: HOST and PORT can't be bound")


def test_it_says_what_to_try_first_and_where_the_docs_are(server: Server) -> None:
    wait_until(lambda: f"Aerie is ready at {server.url}" in server.log(), what="the welcome")
    assert f"{server.url}/openapi.json" in server.log()


def test_an_admin_is_made_at_start_if_the_name_is_free(data_dir: Path) -> None:
    with Server(data_dir, ADMIN_USERNAME="root", ADMIN_PASSWORD="a long enough one") as server:
        token = server.log_in("root", "a long enough one")
        assert server.call("GET", "/user/root", token).json()["role"] == "admin"


def test_createadmin_makes_an_admin_with_the_password_it_is_told(server: Server) -> None:
    password = server.data_dir / "password"
    password.write_text("another long one\n")
    command = f"script/createadmin carol < {password}"
    made = run(["sh", "-c", command], **server.environment)
    assert (made.returncode, made.stdout) == (0, "carol is an admin now.\n"), made.stderr
    token = server.log_in("carol", "another long one")
    assert server.call("GET", "/user/carol", token).json()["role"] == "admin"
    again = run(["sh", "-c", command], **server.environment)
    assert again.returncode != 0
    assert "taken" in again.stderr


def _greets_alice(server: Server, token: str) -> bool:
    try:
        return all(server.call("GET", "/", token).status_code == 200 for _ in range(10))
    except requests.ConnectionError:
        return False  # the killed one's children were still leaving


def _pair_besides(server: Server, old: list[int]) -> list[int] | None:
    new = [pid for pid in server.pids_of("--queues tasks") if pid not in old]
    return new if len(new) == 2 else None


def _children(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def _children_besides(pid: int, old: set[int]) -> set[int]:
    return _children(pid) - old


def _all_have_left(server: Server, pids: set[int]) -> bool:
    return not pids & server.processes().keys()


def _none_is_left(pid: int, gone: set[int]) -> bool:
    return not _children(pid) & gone


def _has_another(server: Server, part: str, victim: int) -> bool:
    return any(part in line and pid != victim for pid, line in server.processes().items())
