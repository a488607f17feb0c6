"""A service that is backed up while it works, lost, and restored: what was acknowledged before is there."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.invariants import check, let_delays_end, let_leases_end, note_changes, wait_for_the_end
from tests.chaos.load import delay, javascript, seeded
from tests.chaos.notices import undelivered, wait_for_all
from tests.marks import servers_on_postgres, servers_on_sqlite
from tests.services.counter import CounterServer, answers
from tests.services.postgres import cluster, programs, started
from tests.services.processes import wait_until
from tests.system.keepers import Keeper, Postgres, Sqlite
from tests.system.server import Server
from tests.system.writers import Promised, Writers

ROOT = {"username": "root", "password": "root's long password"}
NEW = "a fresh and long one"
# Longer than any test.
ENDLESS = [delay(3600), javascript("new Promise(done => setTimeout(done, 3600000))")]
ENDS_WITHIN = 45
RUNNING = "SELECT id FROM task WHERE status = 'running' AND params LIKE '%3600000%'"


ON_SQLITE = pytest.param("sqlite", marks=servers_on_sqlite)
ON_POSTGRES = pytest.param("postgres", marks=servers_on_postgres)


@pytest.fixture(params=[ON_SQLITE, ON_POSTGRES])
def keeper(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[Keeper]:
    if request.param == "sqlite":
        yield Sqlite(data_dir)
        return
    with cluster() as folder, started(folder) as server:
        yield Postgres(data_dir, server, programs(folder))


def test_what_was_acknowledged_before_a_backup_is_there_after_it_and_what_was_revoked_stays_revoked(
    keeper: Keeper,
) -> None:
    chance, counter = seeded(), CounterServer()
    with counter:
        with _server(keeper, counter) as server:
            promised, tokens, last_id = _work(server, keeper, counter, chance)
        counter.behaves = answers(200)
        keeper.restore()
        pending = {key for (key,) in keeper.ask("SELECT key FROM notification WHERE status = 'pending'")}
        assert pending
        let_leases_end(keeper.ask)
        let_delays_end(keeper.ask)
        told = len(counter.received)
        with _server(keeper, counter) as server:
            assert {server.call("GET", "/users", token).status_code for token in tokens} == {401}
            token = server.log_in(**ROOT)
            newcomer = {"username": "newcomer", "password": NEW, "role": "user"}
            assert server.call("POST", "/users", token, json=newcomer).json()["id"] > last_id
            assert server.call("POST", "/tasks", token, json=delay(0)).status_code == 202
            wait_until(
                lambda: keeper.ask(f"{RUNNING} AND attempt = 2"), what="that what ran when it was saved runs again"
            )
            assert server.call("DELETE", f"/tasks/{keeper.ask(RUNNING)[0][0]}", token).status_code in (200, 202)
            _check(server, keeper, promised)
        assert pending <= {each.key for each in counter.received[told:]}, "each is told once more"


def _server(keeper: Keeper, counter: CounterServer) -> Server:
    admin = {"ADMIN_USERNAME": ROOT["username"], "ADMIN_PASSWORD": ROOT["password"]}
    return Server(keeper.data_dir, authority=None, COUNTER_URL=counter.url, **admin, **keeper.environment)


def _work(
    server: Server, keeper: Keeper, counter: CounterServer, chance: random.Random
) -> tuple[Promised, list[str], int]:
    """Write, back up meanwhile, and write; what was acknowledged before, all tokens, and the last id of a user."""
    note_changes(keeper.ask)
    token = server.log_in(**ROOT)
    for task in ENDLESS:
        assert server.call("POST", "/tasks", token, json=task).status_code == 202
    wait_until(lambda: keeper.ask(RUNNING), what="a script that runs")
    with Writers(server.port, token, chance) as writers:
        wait_until(lambda: min(map(len, writers.promised())) > 1, what="something of each kind")
        counter.behaves = answers(503)
        wait_until(lambda: undelivered(keeper.ask) > 3, what="notices that can't be delivered")
        promised = writers.promised()
        keeper.back_up()
        # Deleted before or after its moment, who knows.
        promised = promised._replace(doomed=writers.promised().doomed)
        wait_until(lambda: len(writers.promised().tasks) > len(promised.tasks) + 5, what="that work goes on")
    mine = {"password": NEW, "current_password": ROOT["password"]}
    me = keeper.ask("SELECT id FROM users WHERE username = 'root'")[0][0]
    other = server.log_in(**ROOT)
    assert server.call("PATCH", f"/users/{me}", token, json=mine).status_code == 200
    lost = server.log_in("root", NEW)
    assert [server.call("GET", "/users", each).status_code for each in (token, other, lost)] == [200, 401, 200]
    return promised, [token, other, lost], keeper.ask("SELECT max(id) FROM users")[0][0]


def _check(server: Server, keeper: Keeper, promised: Promised) -> None:
    ask = keeper.ask
    wait_for_the_end(ask, seconds=ENDS_WITHIN)
    wait_for_all(ask, seconds=ENDS_WITHIN)
    tasks, defects = ({row[0] for row in ask(f"SELECT id FROM {table}")} for table in ("task", "defect"))
    assert promised.tasks <= tasks
    assert promised.reported - promised.doomed <= defects
    assert not promised.deleted & defects
    assert promised.users <= {row[0] for row in ask("SELECT username FROM users")}
    check(ask, tasks, log=server.log())
