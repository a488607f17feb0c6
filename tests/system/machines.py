"""Machines that serve one Aerie together: each with a folder, a port, an environment and processes of its own."""

import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis
import requests

from tests.chaos.crew import ROOT, Crew
from tests.services.databases import Asking
from tests.services.postgres import new_database, one_server
from tests.services.processes import free_port, running, wait_until
from tests.services.valkey import NO_FILE
from workers.embedded import command

KEY = "a secret key for machines, 32 bytes or more"
PASSWORD = "correct horse battery"


class Machine:
    """Serves requests, runs workers or both, from the beginning of the block to its end."""

    def __init__(self, stores: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="aerie-machine-"))
        self.log_file = self.folder / "gunicorn.log"
        self.port = free_port()
        self.environment = {
            **stores,
            "DATA_DIR": str(self.folder),
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "1",
            "SECRET_KEY": KEY,
            **environment,
        }
        self.crew = Crew(self.environment, self.folder / "crew.log")
        self._gunicorn: subprocess.Popen[bytes] | None = None
        self._running = ExitStack()

    def __enter__(self) -> Self:
        self._running.enter_context(self.crew)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._running.close()
        shutil.rmtree(self.folder)

    def serve(self) -> Self:
        """Start gunicorn, and go on."""
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"]
        self._gunicorn = self._running.enter_context(
            running(gunicorn, log=self.log_file, cwd=ROOT, env=self.environment)
        )
        return self

    def tell_to_stop(self) -> None:
        """Have it begin to stop."""
        if self._gunicorn is not None:
            self._gunicorn.terminate()

    def is_ready(self) -> bool:
        """Whether it serves."""
        try:
            return self.ask("GET", "/readyz").status_code == 200
        except requests.ConnectionError:
            return False

    def ask(self, method: str, path: str, token: str | None = None, **options: Any) -> requests.Response:
        """Ask this machine, and not the others."""
        headers = options.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        address = f"http://127.0.0.1:{self.port}{path}"
        return requests.request(method, address, headers=headers, timeout=40, allow_redirects=False, **options)

    def log_in(self, username: str, password: str = PASSWORD) -> str:
        """A token."""
        answer = self.ask("POST", "/auth", json={"username": username, "password": password})
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        return token

    def log(self) -> str:
        """All that was said on it."""
        return "".join(file.read_text() for file in (self.log_file, self.crew.log_file) if file.exists())


class Stores:
    """What machines share: a migrated database with root in it, and a Redis behind a password, over TCP."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self.addresses = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
        self.ask_database = Asking(database_url)


@contextmanager
def running_over(stores: Stores, *environments: Mapping[str, str]) -> Iterator[list[Machine]]:
    """A machine with each of these environments."""
    with ExitStack() as stack:
        machines = [stack.enter_context(Machine(stores.addresses, each)) for each in environments]
        yield machines
        # All at once first, since each takes some seconds to end.
        for machine in machines:
            machine.tell_to_stop()


@contextmanager
def shared_stores(name: str) -> Iterator[Stores]:
    """Stores of that name, until the end of the block."""
    folder, port, password = Path(tempfile.mkdtemp(prefix="aerie-stores-")), free_port(), secrets.token_hex(16)
    stores = Stores(new_database(one_server(), name), f"redis://:{password}@127.0.0.1:{port}/0")
    over_tcp = [*command(folder), *NO_FILE, "--port", str(port), "--bind", "127.0.0.1", "--requirepass", password]
    try:
        with running(over_tcp, log=folder / "log"):
            wait_until(lambda: _answers(stores.addresses["REDIS_URL"]), what="Valkey")
            given = {"DATA_DIR": str(folder), "SECRET_KEY": KEY, "ADMIN_USERNAME": "root", "ADMIN_PASSWORD": PASSWORD}
            migrate = [sys.executable, "manage.py", "migrate"]
            subprocess.run(migrate, cwd=ROOT, env=stores.addresses | given, check=True)
            yield stores
    finally:
        shutil.rmtree(folder)


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
