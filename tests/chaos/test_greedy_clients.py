"""R39: one client or one user takes all it can get; log-in, passwords, revocation and /livez of others go on."""

import json
import resource
import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest

from tests.chaos.bystanders import Bystanders
from tests.chaos.flood import flooding, statuses
from tests.chaos.house import House
from tests.length import at_length
from tests.services import databases
from tests.services.postgres import new_database, one_server

GREEDY = "127.0.0.5"
PASSWORD = "mallory's long password"
SECONDS = at_length(3.0, 20.0)
# Of one process, as gunicorn.conf.py has it; the house has two.
MOST_CONNECTIONS = 1000
# In bytes: what all comments have together that a search goes through.
COMMENTS = at_length(30_000_000, 200_000_000)
COMMENT = 5_000


@pytest.fixture(scope="module", params=databases.OF_PARTS)
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    environment = {"SIGNUPS_PER_HOUR": "60", "DEFECTS_PER_HOUR": "10000"}
    if request.param == databases.POSTGRES:
        environment["DATABASE_URL"] = new_database(one_server(), f"aerie_greedy_{secrets.token_hex(3)}_")
    with House(**environment) as house:
        made = house.ask("POST", "/user", {"username": "mallory", "password": PASSWORD})
        assert made.status == 201
        yield house


@pytest.fixture
def mallory(house: House) -> dict[str, Any]:
    """The headers of a new session of the greedy user's, and their id."""
    token = house.log_in("mallory", PASSWORD)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return {"headers": headers, "id": house.ask("GET", "/user/mallory", token=token).json["id"]}


def hold_out(house: House, *requests: dict[str, Any], connections: int) -> Any:
    """Have the others live while one client floods; how the flood was answered."""
    bystanders = Bystanders(house)
    with flooding(house.folder, house.port, *requests, address=GREEDY, connections=connections) as log:
        bystanders.live(SECONDS)
    print(f"the flood was answered {dict(statuses(log))}")
    bystanders.check()
    return statuses(log)


def test_a_loop_of_sign_ups(house: House) -> None:
    body = json.dumps({"username": "greedy{n}", "password": PASSWORD})
    sign_up = {"method": "POST", "path": "/user", "headers": {"Content-Type": "application/json"}, "body": body}
    answered = hold_out(house, sign_up, connections=40)
    assert answered["201"] <= 60
    assert answered["429"] > 0 or answered["503"] > 0


def test_a_loop_of_changes_of_the_own_password(house: House, mallory: dict[str, Any]) -> None:
    body = json.dumps({"password": PASSWORD, "current_password": PASSWORD})
    change = {"method": "PATCH", "path": f"/users/{mallory['id']}", "headers": mallory["headers"], "body": body}
    hold_out(house, change, connections=12)


def test_a_loop_of_log_ins_from_two_addresses(house: House) -> None:
    body = json.dumps({"username": "mallory", "password": PASSWORD})
    log_in = {"method": "POST", "path": "/auth", "headers": {"Content-Type": "application/json"}, "body": body}
    with flooding(house.folder, house.port, log_in, address="127.0.0.6", connections=20):
        hold_out(house, log_in, connections=40)


def test_sixteen_waits_and_a_loop_of_log_ins(house: House, mallory: dict[str, Any]) -> None:
    headers = mallory["headers"] | {"Prefer": "wait=10"}
    delay = json.dumps({"type": "delay", "seconds": 60})
    wait = {"method": "POST", "path": "/tasks", "headers": headers, "body": delay}
    body = json.dumps({"username": "mallory", "password": PASSWORD})
    log_in = {"method": "POST", "path": "/auth", "headers": {"Content-Type": "application/json"}, "body": body}
    with flooding(house.folder, house.port, log_in, address=GREEDY, connections=16):
        hold_out(house, wait, connections=16)


def test_a_loop_of_requests_over_hundreds_of_connections(house: House, mallory: dict[str, Any]) -> None:
    """Each takes a thread for some milliseconds: others' requests don't queue behind all of them."""
    many = {"method": "GET", "path": "/api/defects?limit=50", "headers": mallory["headers"]}
    with filled(house, mallory["id"]):
        hold_out(house, many, connections=400)


@pytest.mark.parametrize("networks", [1, 5])
def test_more_connections_than_both_processes_have(house: House, networks: int) -> None:
    """Each is kept after one request, as a browser's is: one network has half of them, and idle ones make room."""
    number = 2 * MOST_CONNECTIONS + 100
    allowed, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(allowed, number + 200), highest))
    with ExitStack() as stack:
        kept = 0
        for which in range(number):
            address = f"127.0.1.{which % networks}"
            connection = socket.create_connection(("127.0.0.1", house.port), 5, source_address=(address, 0))
            stack.enter_context(connection)
            with suppress(OSError):
                connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                kept += connection.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert kept <= MOST_CONNECTIONS + 100 if networks == 1 else kept == number
        bystanders = Bystanders(house)
        bystanders.live(0, rounds=1)
    bystanders.check()


def test_connections_that_are_closed_are_counted_no_more(house: House) -> None:
    for number in range(2 * MOST_CONNECTIONS + 100):
        with socket.create_connection(("127.0.0.1", house.port), 5, source_address=("127.0.2.1", 0)) as connection:
            close = b"Connection: close\r\n" if number % 2 else b""
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n" + close + b"\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_loop_of_searches(house: House, mallory: dict[str, Any]) -> None:
    with filled(house, mallory["id"]):
        search = {"method": "GET", "path": "/api/defects?q=nowhere&count=true", "headers": mallory["headers"]}
        answered = hold_out(house, search, connections=40)
    assert answered["503"] > 0


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
    yield
    house.ask_database(f"DELETE FROM defect WHERE user_id = {user_id}")
