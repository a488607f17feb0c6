"""The services of compose.yaml, run as it says, over a real Postgres and the Redis that it has started."""

import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
import redis
import requests

from models import presence
from tests.chaos.crew import children, kill
from tests.services.counter import CounterServer
from tests.services.postgres import new_database
from tests.services.processes import free_port, running, wait_until
from tests.system.compose import compose
from tests.system.server import ROOT, WORKERS
from workers.embedded import command as embedded

SECRETS = {"SECRET_KEY": "a" * 64, "POSTGRES_PASSWORD": "b" * 64, "REDIS_PASSWORD": "c" * 64}
PASSWORD = "correct horse battery"
PARTS = ("api", "worker", "javascript", "scheduler")


class Parts:
    """Each with a folder of its own for its data; other than in containers is where stores and ports are."""

    def __init__(self, folder: Path, database_url: str, counter: CounterServer) -> None:
        self._folder, self._database_url, self.counter = folder, database_url, counter
        self._redis_port, self._api_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self._api_port}"
        self.services: dict[str, Any] = compose(
            **SECRETS, COUNTER_URL=counter.url, ADMIN_USERNAME="root", ADMIN_PASSWORD=PASSWORD
        )["services"]
        self.masters: dict[str, subprocess.Popen[bytes]] = {}
        self._running = ExitStack()

    def __enter__(self) -> Self:
        redis_service = self.services["redis"]
        here = f"{shlex.quote(embedded(self._folder)[0])} - --port {self._redis_port}"
        given = [each.replace("valkey-server -", here) for each in redis_service["command"]]
        self._start("redis", given, redis_service["environment"])
        wait_until(lambda: self.redis_says(SECRETS["REDIS_PASSWORD"]) == "PONG", what="Redis")
        subprocess.run(self._command("migrate"), cwd=ROOT, env=self._environment("migrate"), check=True)
        for name in PARTS:
            self.masters[name] = self._start(name, self._command(name), self._environment(name))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for master in self.masters.values():
            master.terminate()
        self._running.close()

    def check(self, name: str) -> int:
        """What a service's health check says."""
        _, *command = self.services[name]["healthcheck"]["test"]
        arguments = [sys.executable, *command[1:]]
        return subprocess.run(arguments, cwd=ROOT, env=self._environment(name), timeout=60, check=False).returncode

    def let_presence_end(self) -> None:
        """Have the time pass for which dead workers are still believed to be there: 15 s."""
        with redis.Redis(port=self._redis_port, password=SECRETS["REDIS_PASSWORD"]) as client:
            for name in client.zrange("workers", 0, -1):
                client.zincrby("workers", -presence.LATELY - 1, name)

    def redis_says(self, password: str) -> str:
        """What Redis answers to those who have this password."""
        try:
            with redis.Redis(port=self._redis_port, password=password) as client:
                return "PONG" if client.ping() else "nothing"
        except redis.RedisError as error:
            return str(error)

    def ask(self, method: str, path: str, token: str = "", **options: Any) -> requests.Response:
        """Ask the API."""
        headers = {"Prefer": "wait=20"} | ({"Authorization": f"Bearer {token}"} if token else {})
        return requests.request(method, self.url + path, headers=headers, timeout=40, **options)

    def _command(self, name: str) -> list[str]:
        return [sys.executable, *self.services[name]["command"][1:]]

    def _environment(self, name: str) -> dict[str, str]:
        own: dict[str, str] = self.services[name]["environment"]
        assert own["DATABASE_URL"] == f"postgresql://aerie:{SECRETS['POSTGRES_PASSWORD']}@postgres/aerie"
        assert own["REDIS_URL"] == f"redis://:{SECRETS['REDIS_PASSWORD']}@redis"
        here = {
            "DATABASE_URL": self._database_url,
            "REDIS_URL": f"{own['REDIS_URL'].removesuffix('redis')}127.0.0.1:{self._redis_port}",
            "DATA_DIR": str(self._folder / name),
            "PORT": str(self._api_port),
            "PATH": "/usr/bin:/bin",
        }
        return own | here

    def _start(self, name: str, arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        cwd = self._folder if name == "redis" else ROOT
        log = self._folder / f"{name}.log"
        return self._running.enter_context(running(arguments, log=log, cwd=cwd, env=environment))


@pytest.fixture
def parts(postgres_server: str) -> Iterator[Parts]:
    folder = Path(tempfile.mkdtemp(prefix="aerie-compose-"))
    database_url = new_database(postgres_server, "aerie_compose")
    with CounterServer() as counter, Parts(folder, database_url, counter) as started:
        yield started
    shutil.rmtree(folder)


def test_they_work_together_and_their_checks_tell_who_is_well(parts: Parts) -> None:
    wait_until(lambda: workers(parts) == WORKERS, seconds=60, what="all of them")
    assert {name: parts.check(name) for name in PARTS} == dict.fromkeys(PARTS, 0)
    assert "invalid username-password pair" in parts.redis_says("another")
    alice = {"username": "alice", "password": PASSWORD}
    assert parts.ask("POST", "/user", json=alice).status_code == 201
    token = parts.ask("POST", "/auth", auth=("root", PASSWORD)).json()["token"]
    for body, result in (({"type": "delay", "seconds": 0.1}, 0), ({"type": "javascript", "code": "6*7"}, 42)):
        task = parts.ask("POST", "/tasks", token, json=body).json()
        assert (task["status"], task["result"]) == ("succeeded", result)
    assert parts.ask("POST", "/api/defects", token, json={"comment": "It sticks"}).status_code == 201
    wait_until(lambda: parts.counter.received, what="the notice")

    kill(*(pid for master in parts.masters.values() for pid in (master.pid, *children(master.pid))))
    parts.let_presence_end()
    assert {name: parts.check(name) for name in PARTS} == dict.fromkeys(PARTS, 1)


def workers(parts: Parts) -> set[str]:
    """The kinds of worker that were seen lately."""
    try:
        return {name.partition("@")[0] for name in parts.ask("GET", "/readyz").json()["workers"]}
    except requests.RequestException:
        return set()
