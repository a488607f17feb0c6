"""The embedded Redis keeps what it was told, and never runs twice on one folder."""

import os
import signal
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from tests.services.processes import running, wait_until
from tests.services.valkey import answers, client
from workers import embedded


@pytest.fixture
def folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="aerie-redis-"))


def test_what_it_acknowledged_survives_its_sudden_death(folder: Path) -> None:
    with running(embedded.command(folder), log=folder / "log") as process:
        wait_until(lambda: answers(folder), what="Redis")
        with client(folder) as redis:
            for number in range(500):
                redis.set(f"key{number}", number)
        os.kill(process.pid, signal.SIGKILL)
    with running(embedded.command(folder), log=folder / "log"):
        wait_until(lambda: answers(folder), what="Redis is back")
        with client(folder) as redis:
            assert redis.dbsize() == 500


def test_only_its_owner_may_connect_and_only_by_its_socket(folder: Path) -> None:
    with running(embedded.command(folder), log=folder / "log") as process:
        wait_until(lambda: answers(folder), what="Redis")
        assert (folder / "redis.sock").stat().st_mode & 0o777 == 0o700
        # 0A is the state of a socket that listens.
        assert " 0A " not in _sockets_of(process.pid)


def test_a_second_one_waits_for_the_first_to_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "LONGEST_WAIT", 0.2)
    embedded._wait_for_the_one_before(folder)
    with socket.socket(socket.AF_UNIX) as first:
        first.bind(str(folder / "redis.sock"))
        first.listen()
        with pytest.raises(SystemExit, match="another Redis runs"):
            embedded._wait_for_the_one_before(folder)
    embedded._wait_for_the_one_before(folder)


def _sockets_of(pid: int) -> str:
    """The lines of the kernel's table of TCP sockets that belong to a process."""
    inodes = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # that of whoever has just hung up
            target = os.readlink(each)
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    tables = [Path(f"/proc/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    return "\n".join(line for table in tables for line in table if line.split()[9] in inodes)
