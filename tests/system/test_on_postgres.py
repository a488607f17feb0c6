"""The whole service on Postgres, and what becomes of it when Postgres dies."""

import time
from contextlib import ExitStack
from pathlib import Path

import requests

from tests.marks import servers_on_postgres
from tests.services.postgres import cluster, new_database, started, stop_immediately
from tests.services.processes import wait_until
from tests.system.server import Server

ALICE = {"username": "alice", "password": "correct horse battery"}
SECRET_KEY = "a secret key for tests, 32 bytes or more"


@servers_on_postgres
def test_it_heals_when_postgres_dies_and_returns(data_dir: Path) -> None:
    """R09, without load: 503 within a second meanwhile, and well again within 3 s, without a restart."""
    with cluster() as folder, ExitStack() as running:
        with started(folder) as administration:
            url = new_database(administration, "aerie_system")
            server = running.enter_context(Server(data_dir, DATABASE_URL=url, SECRET_KEY=SECRET_KEY))
            assert server.call("POST", "/user", json=ALICE).status_code == 201
            token = server.log_in(**ALICE)
            assert _greetings(server, token) == {200}  # every thread has a connection to lose
            stop_immediately(folder)
            wait_until(lambda: _greetings(server, token) == {503}, what="nothing but 503")
        assert server.call("GET", "/readyz").json()["database"] == "away"
        assert server.call("GET", "/livez").status_code == 200
        with started(folder):
            wait_until(lambda: _greetings(server, token) == {200}, seconds=3, what="well again")
    assert "Traceback" not in server.log()


def _greetings(server: Server, token: str) -> set[int]:
    """The statuses of forty requests, each answered within a second."""
    statuses = set()
    for _ in range(40):
        started_at = time.monotonic()
        answer: requests.Response = server.call("GET", "/", token)
        assert time.monotonic() - started_at < 1
        assert answer.status_code == 200 or answer.headers["Retry-After"]
        statuses.add(answer.status_code)
    return statuses
