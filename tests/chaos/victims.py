"""Users who log in, change passwords and revoke sessions while something else goes on, and how long they wait."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.chaos.house import ROOTS_PASSWORD, House

LONGEST_SECONDS = 1.0
Took = dict[str, list[float]]


@contextmanager
def measured(house: House) -> Iterator[Took]:
    """Have bob do all of it, again and again, until the end of the block; how many seconds each took, by its name."""
    root = house.log_in("root", ROOTS_PASSWORD)
    made = house.ask("POST", "/user", {"username": "bob", "password": "bob's long password 0"})
    assert made.status == 201
    took: Took = defaultdict(list)
    stop = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        measuring = threads.submit(_measure, house, made.json["id"], root, took, stop)
        try:
            yield took
        finally:
            stop.set()
        measuring.result()


def p95(seconds: list[float]) -> float:
    """Return what 95 of 100 stay within."""
    return sorted(seconds)[max(0, round(len(seconds) * 0.95) - 1)]


def _measure(house: House, user_id: int, root: str, took: Took, stop: threading.Event) -> None:
    number = 0
    while not stop.is_set():
        password = f"bob's long password {number}"
        for name, method, path, document, token, expected in (
            ("/livez", "GET", "/livez", None, None, 200),
            ("log-in", "POST", "/auth", {"username": "bob", "password": password}, None, 201),
            ("password", "PATCH", f"/users/{user_id}", {"password": f"bob's long password {number + 1}"}, root, 200),
            ("revocation", "DELETE", f"/users/{user_id}/sessions", None, root, 200),
        ):
            said = house.ask(method, path, document, token=token)
            assert said.status == expected, (name, said)
            took[name].append(said.took)
        number += 1
