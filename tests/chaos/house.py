"""A real gunicorn over a Redis of its own, which can be stopped, killed and emptied, and workers if wanted."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis
import requests
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.chaos import always
from tests.chaos.crew import Crew
from tests.chaos.invariants import LONG_AGO, let_leases_end
from tests.chaos.load import Said
from tests.leaks import look_at_answer, look_at_server
from tests.services.brokers import OF_SERVERS, of_a_server
from tests.services.databases import Asking, new_for_a_server
from tests.services.processes import free_port, running, wait_until
from workers.embedded import command

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "alice's long password"
ROOTS_PASSWORD = "root's long password"
# So many of what a crew has logged are shown with a test that failed.
LAST_LINES = 200
# No two houses give their sandboxes as much memory, so that each knows its own.
_memories = itertools.count(200 + os.getpid() % 200)


class House:
    """Runs from the beginning of the block to its end; alice has an account and a session in it, and root an account.

    Its crew is empty until a test starts somebody. `server` is the module that is run as gunicorn, `broker` where its
    messages are. At its end its database is asked what must always be true, if it `is_checked`.
    """

    def __init__(self, *, server: str = "gunicorn", broker: str = OF_SERVERS, **environment: str) -> None:
        self._server = server
        self.is_checked = True
        self.folder = Path(tempfile.mkdtemp(prefix="aerie-chaos-"))
        self.log_file = self.folder / "gunicorn.log"
        self.port = free_port()
        self.memory_mb = next(_memories)
        self._environment = {
            "DATA_DIR": str(self.folder),
            "REDIS_URL": f"unix://{self.folder / 'redis.sock'}",
            "SECRET_KEY": "a secret key for chaos, 32 bytes or more",
            "ADMIN_USERNAME": "root",
            "ADMIN_PASSWORD": ROOTS_PASSWORD,
            "JS_MEMORY_MB": str(self.memory_mb),
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "2",
            "SIGNUPS_PER_HOUR": "0",
            "DEFECTS_PER_HOUR": "0",
            **({} if "DATABASE_URL" in environment else new_for_a_server()),
            **of_a_server(broker),
            **environment,
        }
        self.ask_database = Asking(self._environment.get("DATABASE_URL", f"sqlite:///{self.folder / 'aerie.db'}"))
        self.crew = Crew(self._environment, self.folder / "crew.log")
        self._running = ExitStack()

    def __enter__(self) -> Self:
        self.start_redis()
        environment = self._environment
        subprocess.run([sys.executable, "manage.py", "migrate"], cwd=ROOT, env=environment, check=True)
        self._running.enter_context(self.crew)
        gunicorn = [sys.executable, "-m", self._server, "-c", "gunicorn.conf.py"]
        self.gunicorn = self._running.enter_context(running(gunicorn, log=self.log_file, cwd=ROOT, env=environment))
        wait_until(lambda: self.status("GET", "/readyz") == 200, what="gunicorn")
        assert self.ask("POST", "/user", {"username": "alice", "password": PASSWORD}).status == 201
        self.token = self.log_in()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._running.close()
        if self.crew.log_file.exists():
            print("\n".join(self.crew.log().splitlines()[-LAST_LINES:]))
        look_at_server(self.folder, self.log_file, self.ask_database)
        try:
            if error is None and self.is_checked:
                always.check(self.ask_database)
        finally:
            shutil.rmtree(self.folder)

    def start_redis(self) -> None:
        """Start Redis over whatever it has kept, and wait until it answers."""
        self._redis = self._running.enter_context(running(command(self.folder), log=self.folder / "redis.log"))
        wait_until(self._redis_answers, what="Valkey")

    def signal_redis(self, by: signal.Signals) -> None:
        """Send Redis a signal; SIGKILL has ended it when this returns."""
        self._redis.send_signal(by)
        if by is signal.SIGKILL:
            self._redis.wait()

    def empty_redis(self) -> None:
        """Have Redis come back without anything; to be killed before."""
        shutil.rmtree(self.folder / "appendonlydir")
        self.start_redis()

    def ask(self, method: str, path: str, document: Any = None, *, token: str | None = None) -> Said:
        """Ask over a connection of its own, which either of the two processes may accept."""
        headers = {"Connection": "close"} | ({"Authorization": f"Bearer {token}"} if token else {})
        began = time.monotonic()
        answer = requests.request(
            method, f"http://127.0.0.1:{self.port}{path}", json=document, headers=headers, timeout=20
        )
        took = time.monotonic() - began
        look_at_answer(method, path, f"{answer.headers}".encode() + answer.content)
        return Said(answer.status_code, answer.headers, answer.json() if answer.content else None, took)

    def status(self, method: str, path: str) -> int:
        """The status of an answer; 0 while nobody listens."""
        try:
            return self.ask(method, path).status
        except requests.ConnectionError:
            return 0

    def let_leases_end(self) -> None:
        """Have the time pass for which dead workers are still believed to be alive: 20 s."""
        let_leases_end(self.ask_database)

    def let_pauses_end(self) -> None:
        """Have the time come that notices wait for: a pause, or 30 s in which dead workers are believed to be alive."""
        self.ask_database(
            f"UPDATE notification SET next_attempt_at = '{LONG_AGO}', send_at = '{LONG_AGO}' WHERE status = 'pending'"
        )

    def log_in(self, username: str = "alice", password: str = PASSWORD) -> str:
        """A token; of alice's unless somebody else is named."""
        said = self.ask("POST", "/auth", {"username": username, "password": password})
        assert said.status == 201
        token: str = said.json["token"]
        return token

    def is_well(self) -> bool:
        """Whether both processes serve, as ten answers in a row show, and are ready."""
        return all(
            self.ask("GET", "/user/alice", token=self.token).status == 200 and self.status("GET", "/readyz") == 200
            for _ in range(10)
        )

    def _redis_answers(self) -> bool:
        # redis-py's own patience is seconds long.
        connection = redis.Redis(
            unix_socket_path=str(self.folder / "redis.sock"), socket_timeout=1, retry=Retry(NoBackoff(), 0)
        )
        try:
            return bool(connection.ping())
        except redis.RedisError:
            return False
        finally:
            connection.close()

    def log(self) -> str:
        """All that gunicorn and the application have said."""
        return self.log_file.read_text()
