"""R39: clients of several networks hold all connections with heads that never end; others are served."""

import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from tests.chaos.house import House

# Both processes have 1,000 each.
CONNECTIONS = 2_100
NETWORKS = 5


@pytest.fixture
def many_files() -> Iterator[None]:
    allowed, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(allowed, CONNECTIONS + 200), highest))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, highest))


def test_heads_that_never_end_make_room_for_others(many_files: None) -> None:
    with House() as house, ExitStack() as stack:
        connections = []
        for number in range(CONNECTIONS):
            address = (f"127.0.1.{number % NETWORKS}", 0)
            connection = socket.create_connection(("127.0.0.1", house.port), 20, source_address=address)
            connections.append(stack.enter_context(connection))
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: ")
        with dripping(connections):
            answers = [house.ask("GET", "/livez") for _ in range(10)]
    took = [each.took for each in answers]
    print(f"{max(took):.1f} s at most")
    assert {each.status for each in answers} == {200}
    # A head has 20 s to come.
    assert max(took) < 10


@contextmanager
def dripping(connections: list[socket.socket]) -> Iterator[None]:
    """Send a byte over each of them each second, until the end of the block."""
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(1):
            for each in connections:
                with suppress(OSError):
                    each.send(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
