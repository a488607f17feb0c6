"""The parts of the service as a manifest starts them, each on its own, over a real Postgres and Redis."""

import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import redis
import requests

from models import presence
from tests.chaos.crew import children
from tests.services.processes import free_port, running
from tests.system.server import ROOT

PASSWORD = "correct horse battery"
PARTS = ("api", "worker", "javascript", "scheduler")


class Part(NamedTuple):
    """What a manifest says of one: both commands begin with `python`."""

    command: list[str]
    environment: dict[str, str]
    check: list[str]


class Parts:
    """Each with a folder of its own for its data; all are told to stop at the end of the block."""

    def __init__(self, folder: Path, parts: Mapping[str, Part], *, redis_url: str) -> None:
        """With the *redis_url* of who may do everything."""
        self._folder, self._parts, self._redis_url = folder, parts, redis_url
        self._api_port = free_port()
        self.url = f"http://127.0.0.1:{self._api_port}"
        self.masters: dict[str, subprocess.Popen[bytes]] = {}
        self._running = ExitStack()

    def __enter__(self) -> Self:
        assert self.run("migrate", self._parts["migrate"].command) == 0
        for name in PARTS:
            self.masters[name] = self._start(name)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # All at once first, since each takes a second to end.
        for master in self.masters.values():
            master.terminate()
        self._running.close()

    def run(self, name: str, command: list[str]) -> int:
        """Run a command where a part is, to its end; its exit status."""
        environment = self.environment(name)
        return subprocess.run(_here(command), cwd=ROOT, env=environment, timeout=60, check=False).returncode

    def check(self, name: str) -> int:
        """What a part's own health check says."""
        return self.run(name, self._parts[name].check)

    def let_presence_end(self) -> None:
        """Have the time pass for which dead workers are still believed to be there: 15 s."""
        with redis.Redis.from_url(self._redis_url) as client:
            for name in client.zrange("workers", 0, -1):
                client.zincrby("workers", -presence.LATELY - 1, name)

    def kinds_of_workers(self) -> set[str]:
        """The kinds of worker that were seen lately."""
        try:
            return {name.partition("@")[0] for name in self.ask("GET", "/readyz").json()["workers"]}
        except requests.RequestException:
            return set()

    def pids(self) -> list[int]:
        """The processes of all."""
        return [pid for master in self.masters.values() for pid in (master.pid, *children(master.pid))]

    def log(self, name: str) -> str:
        """All that a part has said."""
        return (self._folder / f"{name}.log").read_text()

    def ask(self, method: str, path: str, token: str = "", **options: Any) -> requests.Response:
        """Ask the API."""
        headers = options.pop("headers", {"Prefer": "wait=20"})
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        return requests.request(method, self.url + path, headers=headers, timeout=40, **options)

    def run_tasks(self) -> str:
        """Sign alice up, and have root run a task of each kind and report a defect; root's token."""
        alice = {"username": "alice", "password": PASSWORD}
        assert self.ask("POST", "/user", json=alice).status_code == 201
        token: str = self.ask("POST", "/auth", auth=("root", PASSWORD)).json()["token"]
        for body, result in (({"type": "delay", "seconds": 0.1}, 0), ({"type": "javascript", "code": "6*7"}, 42)):
            task = self.ask("POST", "/tasks", token, json=body).json()
            assert (task["status"], task["result"]) == ("succeeded", result), (task, self.log("javascript"))
        assert self.ask("POST", "/api/defects", token, json={"comment": "It sticks"}).status_code == 201
        return token

    def environment(self, name: str) -> dict[str, str]:
        """What a part is started with."""
        here = {"DATA_DIR": str(self._folder / name), "PORT": str(self._api_port), "PATH": "/usr/bin:/bin"}
        return self._parts[name].environment | here

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        command, environment = _here(self._parts[name].command), self.environment(name)
        log = self._folder / f"{name}.log"
        return self._running.enter_context(running(command, log=log, cwd=ROOT, env=environment))


def _here(command: list[str]) -> list[str]:
    assert command[0] == "python"
    return [sys.executable, *command[1:]]
