"""No secret that a JavaScript worker does not need is in its environment."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from commands.settings_table import Recorder
from lifetime import PARENT
from models.task_kinds import Kind
from settings import Settings
from tests.chaos.crew import children
from tests.services.processes import running, wait_until
from tests.system.server import Server
from workers import needed_environment
from workers.needed_environment import NO_KEY, needed
from workers.sending import QUEUES

CHECKOUT = Path(__file__).parents[2]
CANARY = "canary-5f1d3c9e-of-enough-bytes-for-a-key"
NOT_NEEDED = {
    *(
        "HOST",
        "PORT",
        "WEB_CONCURRENCY",
        "TRUSTED_PROXIES",
        "ADMIN_USERNAME",
        "ADMIN_PASSWORD",
        "SIGNUP",
        "COUNTER_URL",
    ),
    *("SESSION_TTL", "TLS_CERT", "TLS_KEY", "CORS_ORIGINS", "METRICS_TOKEN", "SECRET_KEY_PREVIOUS", "DRAIN_SECONDS"),
    *("SIGNUPS_PER_HOUR", "MAX_ACTIVE_TASKS", "DEFECTS_PER_HOUR"),
}
# Each holds a secret or names a file with one; the last two are no settings of ours.
SECRETS = {
    "ADMIN_USERNAME": "root",
    "ADMIN_PASSWORD": CANARY,
    "SECRET_KEY": CANARY,
    "SECRET_KEY_PREVIOUS": CANARY,
    "METRICS_TOKEN": CANARY,
    "COUNTER_URL": f"http://me:{CANARY}@counter.example/",
    "TLS_KEY": f"/{CANARY}",
    "ADMIN_PASSWORD_FILE": f"/{CANARY}",
    "AWS_SECRET_ACCESS_KEY": CANARY,
    "GITHUB_TOKEN": CANARY,
}


def test_of_every_setting_it_is_decided_whether_the_worker_needs_it() -> None:
    recorder = Recorder()
    Settings.read(recorder)
    assert {row.name for row in recorder.rows} == needed_environment.SETTINGS & {
        row.name for row in recorder.rows
    } | NOT_NEEDED | {"SECRET_KEY"}
    assert needed_environment.SETTINGS.isdisjoint(NOT_NEEDED)
    from_files = {f"{row.name}_FILE" for row in recorder.rows if row.from_file and row.name not in NOT_NEEDED}
    assert from_files - {"SECRET_KEY_FILE"} <= needed_environment.SETTINGS


def test_what_it_needs_is_kept_as_it_is() -> None:
    given = {
        "PATH": "/bin",
        "DATA_DIR": "/d",
        "REDIS_URL_FILE": "/r",
        "PGSSLMODE": "require",
        "dramatiq_restart_delay": "5",
    }
    assert needed(given | {PARENT: "1"}) == given | {PARENT: "1", "SECRET_KEY": NO_KEY}
    assert needed(given | SECRETS) == given | {"SECRET_KEY": NO_KEY}
    assert QUEUES[Kind.JAVASCRIPT] == needed_environment.QUEUE


@contextmanager
def worker(folder: Path, *queues: str) -> Iterator[int]:
    """A worker that is up, with all of the secrets and embedded stores that are not there."""
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder)} | SECRETS
    del environment["TLS_KEY"], environment["ADMIN_PASSWORD_FILE"]
    command = [sys.executable, "-m", "workers", "--processes", "1", "--threads", "1", "--queues", *queues]
    log = folder / "log"
    with running(command, log=log, stop=signal.SIGKILL, cwd=CHECKOUT, env=environment) as process:
        wait_until(lambda: children(process.pid) or process.poll() is not None, seconds=30, what="a worker")
        assert process.poll() is None, log.read_text()
        yield process.pid


def test_it_starts_again_once_where_each_start_of_python_adds_a_variable(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os; os.environ['AGENT'] = 'on'; print('start', flush=True)")
    code = "from workers.needed_environment import forget_the_rest as f; f(['--queues', 'javascript']); print('up')"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)} | SECRETS
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=30)
    assert told.stdout.split() == ["start", "start", "up"]


def environment_of(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text()


def test_no_process_of_the_worker_has_a_secret_in_its_environment(data_dir: Path) -> None:
    with worker(data_dir, "javascript") as pid:
        for each in (pid, *children(pid)):
            assert CANARY not in environment_of(each)
            assert f"DATA_DIR={data_dir}" in environment_of(each)
        assert not (data_dir / "secret_key").exists()


@pytest.mark.parametrize("queues", [("tasks", "notices"), ("tasks", "javascript")])
def test_other_workers_keep_what_they_were_given(data_dir: Path, queues: tuple[str, ...]) -> None:
    with worker(data_dir, *queues) as pid:
        assert f"COUNTER_URL=http://me:{CANARY}@counter.example/" in environment_of(pid)


def test_the_server_gives_it_no_secret_either(data_dir: Path) -> None:
    with Server(data_dir, ADMIN_USERNAME="root", ADMIN_PASSWORD=CANARY, METRICS_TOKEN=CANARY) as server:
        token = server.log_in("root", CANARY)
        task = server.run_task(token, {"type": "javascript", "code": "6*7"})
        assert (task["status"], task["result"]) == ("succeeded", 42)
        workers = server.pids_of("--queues javascript")
        assert len(workers) >= 2
        assert not [pid for pid in workers if CANARY in environment_of(pid)]
