"""Each program writes files for its owner alone, under the umask of most shells."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import requests
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from tests.chaos.crew import children
from tests.marks import servers_on_sqlite
from tests.services.processes import free_port, running, wait_until
from tests.system.server import ROOT, Server

pytestmark = servers_on_sqlite
UMASK = 0o022
PASSWORD = "root's long password\n"
MANAGE = [sys.executable, "manage.py"]
WORKERS = [sys.executable, "-m", "workers", "--processes", "1", "--threads", "1", "--queues"]
SERVERS = {
    "gunicorn": [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"],
    "worker": [*WORKERS, "tasks", "notices"],
    "javascript": [*WORKERS, "javascript"],
    "scheduler": [sys.executable, "-m", "workers.scheduler"],
    "redis": [sys.executable, "-m", "workers.embedded"],
}
# A file that shows that a program has begun to write; a JavaScript worker writes none before its first task.
WRITES = {
    "gunicorn": "metrics/counter_0.db",
    "worker": "secret_key",
    "scheduler": "aerie.db",
    "redis": "appendonlydir",
}


def environment(data_dir: Path) -> dict[str, str]:
    return {"DATA_DIR": str(data_dir), "PORT": str(free_port()), "WEB_CONCURRENCY": "1"}


def run(data_dir: Path, arguments: list[str], *, status: int = 0) -> str:
    """Run a program to its end; return what it said."""
    ended = subprocess.run(
        arguments, env=environment(data_dir), cwd=ROOT, umask=UMASK, input=PASSWORD, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == status, ended.stderr
    return ended.stdout


def open_to_others(data_dir: Path) -> dict[str, str]:
    """The files that group or others have any right to, with their modes."""
    files = list(data_dir.rglob("*"))
    return {str(file): oct(file.lstat().st_mode) for file in files if file.lstat().st_mode & 0o077}


def umasks(pid: int) -> list[str]:
    """The umasks of a process and of all that it has started."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return []  # it has ended meanwhile
    return [status.split("Umask:\t")[1][:4], *(each for child in children(pid) for each in umasks(child))]


def use(name: str, data_dir: Path, port: str) -> None:
    """Have a program write what it writes when it is used; workers without stores can do nothing."""
    if name == "gunicorn":
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/livez"), seconds=60, what="an answer")
    elif name == "redis":
        with redis.Redis(unix_socket_path=str(data_dir / "redis.sock"), retry=Retry(ConstantBackoff(0.1), 100)) as own:
            assert own.set("written", 1)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).ok
    except requests.RequestException:
        return False


@pytest.mark.parametrize("name", SERVERS)
def test_what_a_program_that_runs_writes_is_its_owner_s(data_dir: Path, name: str) -> None:
    log, own = data_dir.with_suffix(".log"), environment(data_dir)
    with running(SERVERS[name], log=log, cwd=ROOT, env=own, umask=UMASK) as process:
        if name in WRITES:
            wait_until((data_dir / WRITES[name]).exists, seconds=60, what=lambda: f"{WRITES[name]}; {log.read_text()}")
        else:
            wait_until(lambda: "0077" in umasks(process.pid), seconds=60, what=lambda: f"its umask; {log.read_text()}")
        use(name, data_dir, own["PORT"])
        # Dramatiq's own first process reads no settings, and writes nothing.
        assert set(umasks(process.pid)[1 if "workers" in SERVERS[name] else 0 :]) == {"0077"}
        assert open_to_others(data_dir) == {}


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(UMASK)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
def test_what_a_server_at_work_writes_is_its_owner_s(data_dir: Path) -> None:
    with Server(data_dir, ADMIN_USERNAME="root", ADMIN_PASSWORD=PASSWORD.strip()) as server:
        token = server.log_in("root", PASSWORD.strip())
        assert server.call("POST", "/api/defects", token, json={"comment": "It leaks."}).status_code == 201
        for body in ({"type": "delay", "seconds": 0}, {"type": "javascript", "code": "6*7"}):
            assert server.run_task(token, body)["status"] == "succeeded"
        assert server.process is not None
        assert set(umasks(server.process.pid)) == {"0077"}
        assert open_to_others(data_dir) == {}


@pytest.mark.parametrize("arguments", [
    [*MANAGE, "migrate"],
    [str(ROOT / "script" / "createadmin"), "root"],
    [*MANAGE, "after-restore"],
])  # fmt: skip
def test_a_command_that_makes_the_database_makes_it_private(data_dir: Path, arguments: list[str]) -> None:
    run(data_dir, arguments, status=0 if arguments[-1] == "migrate" else 1)  # without tables, they fail
    assert (data_dir / "aerie.db").exists()
    assert open_to_others(data_dir) == {}


def test_commands_leave_nothing_open_to_others(data_dir: Path) -> None:
    backup = data_dir / "backup.db"
    run(data_dir, [*MANAGE, "migrate"])
    run(data_dir, [str(ROOT / "script" / "createadmin"), "root"])
    run(data_dir, [str(ROOT / "script" / "backup"), str(backup)])
    backup.chmod(0o644)  # as another machine may have copied it
    run(data_dir, [str(ROOT / "script" / "restore"), str(backup)])
    assert open_to_others(data_dir) == {str(backup): oct(0o100644)}


def test_a_database_of_an_earlier_release_is_made_private_with_a_line_in_the_log(data_dir: Path) -> None:
    run(data_dir, [*MANAGE, "migrate"])
    for file in data_dir.iterdir():
        file.chmod(0o644)
    said = run(data_dir, [*MANAGE, "create-admin", "root"])
    assert open_to_others(data_dir) == {}
    assert re.search(r'"event":"file made private".*"file":"[^"]*/aerie\.db","mode":"0644"', said)
    assert "made private" not in run(data_dir, [*MANAGE, "create-admin", "carol"])
