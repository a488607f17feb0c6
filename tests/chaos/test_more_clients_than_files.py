"""Systems allow a process few open files at first; who connects more often than that ends nobody."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.chaos.house import House

FEW, CLIENTS = 100, 400


@contextmanager
def few_files() -> Iterator[None]:
    """Whatever is started in this block begins with few."""
    allowed, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, highest))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, highest))


def test_more_clients_than_files_end_no_process() -> None:
    with ExitStack() as stack:
        with few_files():
            house = stack.enter_context(House())
        for _ in range(CLIENTS):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", house.port), timeout=20))
            client.sendall(b"GET /livez HTTP/1.1\r\n")
        assert house.status("GET", "/livez") == 200
        assert "Too many open files" not in house.log()
        assert house.log().count("Booting worker") == 2
