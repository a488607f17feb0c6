"""Connections that are kept are shared evenly among the processes, whichever of them has died meanwhile."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.chaos.house import House
from tests.services.processes import wait_until

CLIENTS = 40


@pytest.fixture
def house() -> Iterator[House]:
    with House() as house:
        yield house


def test_kept_connections_are_shared_evenly_after_a_kill_and_after_a_hang_up(house: House) -> None:
    assert_shared(house)
    first = min(processes(house))
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(processes(house)) == 2 and first not in processes(house), what="another in its place")
    assert_shared(house)
    before = processes(house)
    house.gunicorn.send_signal(signal.SIGHUP)
    wait_until(lambda: len(processes(house)) == 2 and not before & processes(house), what="those that follow")
    assert_shared(house)


def assert_shared(house: House) -> None:
    """Once all processes serve, whoever has connected before."""
    wait_until(lambda: min(shares(house)) > 0, what="processes that all serve")
    for _ in range(5):
        found = shares(house)
        assert min(found) >= CLIENTS // 3, f"they have {found}"


def shares(house: House) -> list[int]:
    """How many of new connections each process has."""
    with ExitStack() as stack:
        for _ in range(CLIENTS):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", house.port), timeout=20))
            client.sendall(b"GET /livez HTTP/1.1\r\nHost: here\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
        ours = connections(house.port)
        return [len(ours & sockets(pid)) for pid in processes(house)]


def connections(port: int) -> set[str]:
    """The inodes of all that are established with a server at this port."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {line[9] for line in lines if line[1].endswith(f":{port:04X}") and line[3] == "01"}


def processes(house: House) -> set[int]:
    found = Path(f"/proc/{house.gunicorn.pid}/task/{house.gunicorn.pid}/children").read_text()
    return set(map(int, found.split()))


def sockets(pid: int) -> set[str]:
    found = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.add(os.readlink(file).removeprefix("socket:[").removesuffix("]"))
    return found
