"""Tasks on a real `script/server`: started, waited for, stopped, and none lost to a restart."""

import signal
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import requests

from models.endings import CHANNEL
from tests.services.processes import wait_until
from tests.services.valkey import listeners
from tests.system.server import Server

PASSWORD = "correct horse battery"
LOOP = {"type": "javascript", "code": "while (true) {}"}


def start(server: Server, token: str, body: dict[str, Any], wait: int = 0) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Prefer": f"wait={wait}"}
    answer = requests.post(f"{server.url}/tasks", json=body, headers=headers, timeout=40)
    assert answer.status_code == 202, answer.text
    task: dict[str, Any] = answer.json()
    return task


def status(server: Server, token: str, task: dict[str, Any]) -> str:
    return str(server.call("GET", f"/tasks/{task['id']}", token).json()["status"])


def test_tasks_run_are_stopped_and_leave_nothing_behind(data_dir: Path) -> None:
    with Server(data_dir, ADMIN_USERNAME="root", ADMIN_PASSWORD=PASSWORD) as server:
        token = server.log_in("root", PASSWORD)
        for seconds in (0, 0.2, 1.5):
            began = time.monotonic()
            task = start(server, token, {"type": "delay", "seconds": seconds}, wait=10)
            assert (task["status"], task["result"]) == ("succeeded", 0)
            assert seconds <= time.monotonic() - began < seconds + 1
        task = start(server, token, {"type": "javascript", "code": "console.log('hello'); 6*7"}, wait=10)
        assert (task["status"], task["result"]) == ("succeeded", 42)
        assert task["logs"] == [{"level": "log", "text": "hello"}]
        loop = start(server, token, LOOP)
        wait_until(lambda: status(server, token, loop) == "running", what="it loops")
        wait_until(lambda: len(server.deno_processes()) == 1, what="its sandbox has begun")
        began = time.monotonic()
        assert server.call("DELETE", f"/tasks/{loop['id']}", token).json()["status"] == "cancelling"
        wait_until(lambda: status(server, token, loop) == "cancelled", seconds=2, what="it is cancelled")
        assert server.deno_processes() == []
    assert server.processes() == {}


def test_a_stop_answers_those_who_wait_and_the_next_start_goes_on_with_their_tasks(data_dir: Path) -> None:
    with Server(data_dir, ADMIN_USERNAME="root", ADMIN_PASSWORD=PASSWORD) as server:
        token = server.log_in("root", PASSWORD)
        hour = start(server, token, {"type": "delay", "seconds": 3600})
        loop = start(server, token, LOOP)
        wait_until(lambda: status(server, token, loop) == "running", what="it loops")
        wait_until(lambda: status(server, token, hour) == "running", what="the hour has begun")
        answers: list[Any] = []

        def wait_for_it() -> None:
            headers = {"Authorization": f"Bearer {token}", "Prefer": "wait=30"}
            answers.append(requests.get(f"{server.url}/tasks/{hour['id']}", headers=headers, timeout=40))

        waiting = threading.Thread(target=wait_for_it)
        waiting.start()
        wait_until(lambda: listeners(data_dir, CHANNEL) > 0, what="it waits for the task")
        began = time.monotonic()
        server.stop(signal.SIGTERM)
        assert time.monotonic() - began < 15
        waiting.join(5)
        assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [(200, "running")]
        assert server.processes() == {}
        assert server.deno_processes() == []

        server.start()
        assert status(server, token, hour) == "running"
        wait_until(lambda: status(server, token, loop) == "running", what="another worker has it")
        for task in (hour, loop):
            server.call("DELETE", f"/tasks/{task['id']}", token)
            wait_until(partial(_is_cancelled, server, token, task), what="cancelled")


def _is_cancelled(server: Server, token: str, task: dict[str, Any]) -> bool:
    return status(server, token, task) == "cancelled"
