"""R39: clients of several networks send requests that never end; others are served."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from tests.chaos.house import House
from tests.services.processes import many_files

NETWORKS = 5
# A head, and a body that is too large to be waited for without a thread, have 20 s to come.
LONGEST_SECONDS = 10.0
HEAD = b"GET /livez HTTP/1.1\r\nHost: "
BODY = (
    b"POST /auth HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
    + b" " * 70_000
)
AWAITED = BODY.replace(b"Host", b"Expect: 100-continue\r\nHost").rstrip(b" ")


@pytest.mark.parametrize(
    ("begin", "connections"),
    # All that both processes have, and more than they have threads.
    [(HEAD, 2_100), (BODY, 150), (AWAITED, 150)],
    ids=["heads", "bodies", "awaited bodies"],
)
def test_requests_that_never_end_leave_room_for_others(begin: bytes, connections: int) -> None:
    with House() as house, many_files(connections + 200), dripping(house.port, begin, connections):
        time.sleep(2)
        answers = [house.ask("GET", path) for path in ("/livez", "/readyz", "/") for _ in range(5)]
    took = [each.took for each in answers]
    print(f"{max(took):.1f} s at most")
    assert {each.status for each in answers} <= {200, 401}
    assert max(took) < LONGEST_SECONDS


@contextmanager
def dripping(port: int, begin: bytes, connections: int) -> Iterator[None]:
    """Begin a request over each of many connections, and send a byte each second, until the end of the block."""
    stop = threading.Event()
    with ExitStack() as stack:
        opened = [stack.enter_context(_begun(port, begin, number)) for number in range(connections)]

        def drip() -> None:
            while not stop.wait(1):
                for each in opened:
                    with suppress(OSError):
                        each.send(b"a")

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def _begun(port: int, begin: bytes, number: int) -> socket.socket:
    address = (f"127.0.1.{number % NETWORKS}", 0)
    connection = socket.create_connection(("127.0.0.1", port), 20, source_address=address)
    connection.sendall(begin)
    connection.settimeout(0.01)
    return connection
