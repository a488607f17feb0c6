"""A real `script/server`, with an environment of its own."""

import re
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from tests.leaks import look_at_answer, look_at_server
from tests.services.brokers import OF_SERVERS, of_a_server
from tests.services.databases import Asking, new_for_a_server
from tests.services.processes import free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN = 90
# Of a machine that runs two other processes of tests.
ANSWERS_WITHIN = 30
WORKERS = {"notices+tasks", "javascript", "scheduler"}


class Server:
    """Started by its one command with an otherwise empty environment; stopped at the end of the block."""

    def __init__(
        self, data_dir: Path, *, authority: Path | None = None, broker: str = OF_SERVERS, **environment: str
    ) -> None:
        self.data_dir = data_dir
        self.log_file = data_dir.with_suffix(".log")
        self.port = free_port()
        self.url = f"https://localhost:{self.port}" if authority else f"http://127.0.0.1:{self.port}"
        # Who vouches for its certificate.
        self.verify: str | bool = str(authority) if authority else True
        self.environment = {
            "DATA_DIR": str(data_dir),
            "PORT": str(self.port),
            **({} if "DATABASE_URL" in environment else new_for_a_server()),
            **of_a_server(broker),
            **environment,
        }
        self.ask_database = Asking(self.environment.get("DATABASE_URL", f"sqlite:///{data_dir / 'aerie.db'}"))
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()  # nobody else would
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it is ready, worker and all."""
        self.launch()
        wait_until(self.is_ready, seconds=READY_WITHIN, what=lambda: f"ready; its log says {self.log()}")

    def launch(self) -> None:
        """Start it and go on."""
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [str(ROOT / "script" / "server")], env=self.environment, cwd="/", stdout=log, stderr=log
            )

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Stop it as a person or a machine would, and wait for its end; its exit status."""
        assert self.process is not None
        self.process.send_signal(by)
        status = self.process.wait(60)
        look_at_server(self.data_dir, self.log_file, self.ask_database)
        return status

    def is_ready(self) -> bool:
        """Whether all stores answer and every kind of worker was seen."""
        assert self.process is not None
        assert self.process.poll() is None, self.log()
        try:
            answer = requests.get(f"{self.url}/readyz", timeout=2, verify=self.verify)
            workers = answer.json()["workers"] if answer.status_code == 200 else []
        except requests.RequestException:
            return False
        return {name.partition("@")[0] for name in workers} == WORKERS

    def log(self) -> str:
        """All that it has said."""
        return self.log_file.read_text()

    @property
    def counters_url(self) -> str:
        """Where its sample counter server is, as it says itself, as soon as that answers."""
        wait_until(lambda: _counters(self.log()), what=lambda: f"its welcome in {self.log()}")
        url = str(_counters(self.log())[-1])
        wait_until(lambda: _listens(url), seconds=READY_WITHIN, what=lambda: f"its counters; its log says {self.log()}")
        return url

    def processes(self) -> dict[int, str]:
        """The processes that run for this server, by id: those that name its folder, in the order of their starts.

        Valkey writes its title over its environment, and names its socket there.
        """
        mark = str(self.data_dir).encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                line = (entry / "cmdline").read_bytes()
                if mark in line + (entry / "environ").read_bytes():
                    # Ids begin again at the lowest after the highest: the larger one may be of the older process.
                    started = int((entry / "stat").read_text().rpartition(") ")[2].split()[19])
                    found.append((started, int(entry.name), line.replace(b"\0", b" ").decode()))
            except OSError:
                continue  # It has ended, or belongs to another user.
        return {pid: line for _, pid, line in sorted(found)}

    def pids_of(self, part: str) -> list[int]:
        """The processes with this part in their command line, in the order of their starts."""
        return [pid for pid, line in self.processes().items() if part in line]

    def deno_processes(self) -> list[int]:
        """The sandboxes that its workers run: their environment is empty, so those are known by their parents."""
        workers = self.pids_of("--queues javascript")
        found = []
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                name, _, rest = entry.read_text().partition(") ")
            except OSError:
                continue  # ended while we looked
            if "(deno" in name and int(rest.split()[1]) in workers:
                found.append(int(entry.parent.name))
        return found

    def call(self, method: str, path: str, token: str | None = None, **options: Any) -> requests.Response:
        """Ask it something over real HTTP."""
        headers = options.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        answer = requests.request(
            method, self.url + path, headers=headers, timeout=ANSWERS_WITHIN, verify=self.verify, **options
        )
        look_at_answer(method, path, f"{answer.headers}".encode() + answer.content)
        return answer

    def log_in(self, username: str, password: str) -> str:
        """A token."""
        token: str = self.call("POST", "/auth", auth=(username, password)).json()["token"]
        return token

    def run_task(self, token: str, body: dict[str, Any]) -> dict[str, Any]:
        """Start a task; what it is at its end, however long a sandbox takes to start."""
        path = f"/tasks/{self.call('POST', '/tasks', token, json=body).json()['id']}"

        def ended() -> Any:
            task = self.call("GET", path, token).json()
            return None if task["status"] in ("queued", "running") else task

        task: dict[str, Any] = wait_until(ended, seconds=READY_WITHIN, every=0.1, what=f"the end of {body}")
        return task


def _counters(log: str) -> list[str]:
    return re.findall(r"curl -s (http://127\.0\.0\.1:\d+)/$", log, re.MULTILINE)


def _listens(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def run(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one of the product's commands to its end, with this environment and no other."""
    return subprocess.run(
        arguments,
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
