"""R39: one client or one user takes all it can get; log-in, passwords, revocation and /livez of others go on."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any

import pytest

from server.fair_dispatch import REST_SECONDS
from tests.chaos.bystanders import Bystanders
from tests.chaos.flood import flooding, statuses
from tests.chaos.house import ROOTS_PASSWORD, House
from tests.length import IS_LONG, at_length
from tests.services import databases
from tests.services.processes import many_files, wait_until

GREEDY = "127.0.0.5"
PASSWORD = "mallory's long password"
SECONDS = at_length(3.0, 40.0)
# A p95 of fewer than twenty is their maximum.
ROUNDS = at_length(3, 25)
# Of one process, as gunicorn.conf.py has it, which can't be imported; the house has two.
MOST_CONNECTIONS = 1000
# Each may change their password ten times an hour: enough for the flood to hash to its end.
CHANGING_USERS = at_length(8, 50)
# In bytes: what all comments have together that a search goes through.
COMMENTS = at_length(30_000_000, 200_000_000)
COMMENT = 5_000


@pytest.fixture(scope="module", params=databases.OF_PARTS)
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    own = {"SIGNUPS_PER_HOUR": "60", "DEFECTS_PER_HOUR": "10000"} | databases.on(request.param, "aerie_greedy")
    with House(**own) as house:
        made = house.ask("POST", "/user", {"username": "mallory", "password": PASSWORD})
        assert made.status == 201
        yield house


@pytest.fixture
def mallory(house: House) -> dict[str, Any]:
    """The headers of a new session of the greedy user's, and their id."""
    token = house.log_in("mallory", PASSWORD)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return {"headers": headers, "id": house.ask("GET", "/user/mallory", token=token).json["id"]}


def hold_out(house: House, *requests: dict[str, Any], connections: int, expected: str) -> Any:
    """Have the others live while one client floods, with that status among others; how the flood was answered."""
    bystanders = Bystanders(house)
    with flooding(house.folder, house.port, *requests, address=GREEDY, connections=connections) as log:
        bystanders.live(SECONDS, rounds=ROUNDS)
        wait_until(lambda: statuses(log)[expected] > 0, what=f"{expected} for the flood")
    print(f"the flood was answered {dict(statuses(log))}")
    bystanders.check()
    return statuses(log)


def test_a_loop_of_sign_ups(house: House) -> None:
    body = json.dumps({"username": "greedy{n}", "password": PASSWORD})
    sign_up = {"method": "POST", "path": "/user", "headers": {"Content-Type": "application/json"}, "body": body}
    # In a few seconds there are too few hashes for the limit of an hour.
    answered = hold_out(house, sign_up, connections=40, expected="429" if IS_LONG else "503")
    if IS_LONG:
        assert answered["201"] <= 60


def test_a_loop_of_changes_of_the_own_password(house: House) -> None:
    root = house.log_in("root", ROOTS_PASSWORD)
    changes = [change_of_own_password(house, root, f"changing{number}") for number in range(CHANGING_USERS)]
    answered = hold_out(house, *changes, connections=12, expected="503")
    assert 0 < answered["200"] < 10 * CHANGING_USERS, "they were no attack any more"


def change_of_own_password(house: House, root: str, name: str) -> dict[str, Any]:
    """A request of a new user's, which may be repeated."""
    account = {"username": name, "password": PASSWORD, "role": "user"}
    made = house.ask("POST", "/users", account, token=root)
    assert made.status == 201
    headers = {"Authorization": f"Bearer {house.log_in(name, PASSWORD)}", "Content-Type": "application/json"}
    body = json.dumps({"password": PASSWORD, "current_password": PASSWORD})
    return {"method": "PATCH", "path": f"/users/{made.json['id']}", "headers": headers, "body": body}


def test_a_loop_of_log_ins_from_two_addresses(house: House) -> None:
    body = json.dumps({"username": "mallory", "password": PASSWORD})
    log_in = {"method": "POST", "path": "/auth", "headers": {"Content-Type": "application/json"}, "body": body}
    with flooding(house.folder, house.port, log_in, address="127.0.0.6", connections=20):
        hold_out(house, log_in, connections=40, expected="503")


def test_sixteen_waits_and_a_loop_of_log_ins(house: House, mallory: dict[str, Any]) -> None:
    headers = mallory["headers"] | {"Prefer": "wait=10"}
    delay = json.dumps({"type": "delay", "seconds": 60})
    wait = {"method": "POST", "path": "/tasks", "headers": headers, "body": delay}
    body = json.dumps({"username": "mallory", "password": PASSWORD})
    log_in = {"method": "POST", "path": "/auth", "headers": {"Content-Type": "application/json"}, "body": body}
    with flooding(house.folder, house.port, log_in, address=GREEDY, connections=16):
        hold_out(house, wait, connections=16, expected="202")


def test_a_loop_of_requests_over_hundreds_of_connections(house: House, mallory: dict[str, Any]) -> None:
    """Each takes a thread for some milliseconds: others' requests don't queue behind all of them."""
    many = {"method": "GET", "path": "/api/defects?limit=50", "headers": mallory["headers"]}
    with filled(house, mallory["id"]):
        hold_out(house, many, connections=400, expected="200")


@pytest.mark.parametrize("networks", [1, 5])
def test_more_connections_than_both_processes_have(house: House, networks: int) -> None:
    """Each is kept after one request, as a browser's is: one network has half of them, and idle ones make room."""
    number = 2 * MOST_CONNECTIONS + 100
    bystanders = Bystanders(house)
    with many_files(number + 200), ExitStack() as stack:
        kept = 0
        for which in range(number):
            address = f"127.0.1.{which % networks}"
            connection = socket.create_connection(("127.0.0.1", house.port), 5, source_address=(address, 0))
            stack.enter_context(connection)
            with suppress(OSError):
                connection.settimeout(20)
                connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                kept += connection.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert 500 <= kept <= MOST_CONNECTIONS + 100 if networks == 1 else kept == number
        bystanders.live(0, rounds=1)
    bystanders.check()


def test_connections_that_are_closed_are_counted_no_more(house: House) -> None:
    for number in range(2 * MOST_CONNECTIONS + 100):
        with socket.create_connection(("127.0.0.1", house.port), 5, source_address=("127.0.2.1", 0)) as connection:
            close = b"Connection: close\r\n" if number % 2 else b""
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n" + close + b"\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_is_refused_its_share_is_read_later_and_others_are_not(house: House) -> None:
    def ask(address: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=20, source_address=(address, 0))
        with closing(connection):
            body = json.dumps({"username": "nobody", "password": "a wrong password"})
            connection.request("POST", "/auth", body, {"Content-Type": "application/json"})
            return connection.getresponse().status

    wait_until(lambda: ask("127.0.0.7") == 429, seconds=60, what="too many wrong passwords")
    began = time.monotonic()
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, ["127.0.0.7"] * 160)) == {429}
        # By each of the two processes, at the same time; a request takes 2 ms by itself.
        assert time.monotonic() - began > 160 / 2 * REST_SECONDS / 2
        assert ask("127.0.0.8") == 401


def test_a_loop_of_searches(house: House, mallory: dict[str, Any]) -> None:
    with filled(house, mallory["id"]):
        search = {"method": "GET", "path": "/api/defects?q=nowhere&count=true", "headers": mallory["headers"]}
        hold_out(house, search, connections=40, expected="503")


@contextmanager
def filled(house: House, user_id: int) -> Iterator[None]:
    """Many long comments for a search to go through, until the end of the block."""
    number = COMMENTS // COMMENT
    columns = "comment, comment_key, timestamp, user_id"
    if house.ask_database.on_sqlite:
        numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number})"
        text, now = f"hex(randomblob({COMMENT // 2}))", "'2026-01-01T00:00:00.000000Z'"
        house.ask_database(
            f"{numbers} INSERT INTO defect ({columns}) SELECT lower(t), lower(t), {now}, {user_id} "
            f"FROM (SELECT {text} AS t FROM n)"
        )
    else:
        text = f"repeat(md5(random()::text), {COMMENT // 32})"
        house.ask_database(
            f"INSERT INTO defect ({columns}) SELECT t, t, now(), {user_id} "
            f"FROM (SELECT {text} AS t FROM generate_series(1, {number})) AS texts"
        )
    try:
        yield
    finally:
        house.ask_database(f"DELETE FROM defect WHERE user_id = {user_id}")
