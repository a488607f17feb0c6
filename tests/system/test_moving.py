"""A service that was used on SQLite, moved to Postgres, and goes on there as if nothing had happened."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import moved
from tests.chaos.always import ENDED
from tests.chaos.invariants import LONG_AGO, let_delays_end, unexpected, wait_for_the_end
from tests.chaos.load import delay, javascript
from tests.marks import servers_on_sqlite
from tests.services.counter import CounterServer, answers
from tests.services.databases import Asking
from tests.services.postgres import new_database
from tests.services.processes import wait_until
from tests.services.valkey import valkey
from tests.system.keepers import SECRET_KEY
from tests.system.server import ROOT, Server, run

PASSWORD = "a good long one"
KEYED = {"Idempotency-Key": "my-user"}
KEYED_USER = {"username": "keyed", "password": PASSWORD, "role": "user"}
UNFINISHED = f"SELECT id FROM task WHERE status NOT IN {ENDED}"
ENDS_WITHIN = 45


class Life:
    """What root and others do with a server, and the tokens that they go on with."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.root = server.log_in("root", PASSWORD)
        self.ids = {
            name: self.write("POST", "/users", self._user(name))["id"] for name in ("alice", "bob", "dave", "erin")
        }
        self.tokens = {name: server.log_in(name, PASSWORD) for name in self.ids}

    def write(self, method: str, path: str, document: Any = None, *, by: str = "", **headers: str) -> Any:
        """Have something done, by root or somebody else."""
        token = self.tokens[by] if by else self.root
        headers = {"Authorization": f"Bearer {token}", **headers}
        answer = requests.request(method, self.server.url + path, json=document, headers=headers, timeout=30)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def goes_by(self, counter: CounterServer) -> None:
        """Have something of each kind happen, and end in each way, or not yet."""
        self.write("POST", "/users", KEYED_USER, **KEYED)
        odd = {"nul": "\0", "half": "é😀", "number": 1e300, "order": {"b": 1, "a": None}}
        self.write("PUT", "/user/alice", {"data": odd, "email": "Älice@example.com"}, by="alice")
        for comment in ("It leaks.", "It drips.", "It\tsticks\\\n\"'"):
            defect = self.write("POST", "/api/defects", {"comment": comment}, by="alice")
        self.write("DELETE", f"/api/defects/{defect['id']}", by="alice")
        wait_until(lambda: len(counter.received) == 4, what="notices that arrive")
        counter.behaves = answers(503)
        self.write("POST", "/api/defects", {"comment": "It rattles."}, by="bob")
        for code in ("[6 * 7, '\\0']", "console.log('😀\\0'); throw new Error('no\\0')"):
            self.write("POST", "/tasks", javascript(code), Prefer="wait=20")
        self.write("POST", "/tasks", delay(3600), by="dave")
        self.write("DELETE", f"/users/{self.ids['dave']}")
        self.write("POST", "/api/defects", {"comment": "It is erased."}, by="erin")
        self.write("DELETE", "/user/erin", by="erin")
        self.write("DELETE", "/auth", by="bob")
        self.write("POST", "/tasks", delay(3600), by="alice")
        for _ in range(6):
            self.write("POST", "/tasks", javascript("new Promise(done => setTimeout(done, 3600000))"))

    @staticmethod
    def _user(name: str) -> dict[str, str]:
        return {"username": name, "password": PASSWORD, "role": "user"}


@pytest.fixture
def redis() -> Iterator[str]:
    with valkey() as folder:
        yield f"unix://{folder / 'redis.sock'}"


@servers_on_sqlite
def test_what_was_moved_is_what_was_there_and_goes_on(data_dir: Path, redis: str, postgres_server: str) -> None:
    file, url = data_dir / "aerie.db", new_database(postgres_server, "aerie_moved")
    environment = {"SECRET_KEY": SECRET_KEY, "REDIS_URL": redis, "ADMIN_USERNAME": "root", "ADMIN_PASSWORD": PASSWORD}
    with CounterServer() as counter, ExitStack() as running:
        environment["COUNTER_URL"] = counter.url
        with Server(data_dir, authority=None, **environment) as server:
            life = Life(server)
            life.goes_by(counter)
            refused = _move(file, url)
            assert (refused.returncode, "is in use; stop the service first" in refused.stderr) == (1, True)
        _have_workers_died(file)
        _has_a_scheduler_died(file, life.ids["erin"])
        before = moved.rows_of_sqlite(file)
        ran = _move(file, url)
        assert ran.returncode == 0, ran.stderr
        assert [f"{table}: {len(rows)} rows" for table, rows in before.items()] == ran.stdout.splitlines()[:-1]
        assert moved.rows_of_postgres(url) == before
        assert all(before.values()), "there was something of each kind to move"
        assert {row["status"] for row in before["task"]} == {
            *("queued", "running", "cancelling", "succeeded", "failed", "cancelled")
        }
        assert {row["status"] for row in before["notification"]} == {"pending", "delivered"}
        counter.behaves = answers(200)
        life.server = running.enter_context(
            Server(data_dir.with_name("moved"), authority=None, DATABASE_URL=url, **environment)
        )
        _check(life, url, counter)


def _move(file: Path, url: str) -> Any:
    python = str(ROOT / ".venv" / "bin" / "python")
    environment = {"DATABASE_URL": url, "SECRET_KEY": SECRET_KEY, "DATA_DIR": str(file.parent)}
    return run([python, "manage.py", "copy-from", str(file)], **environment)


def _have_workers_died(file: Path) -> None:
    """Leave two tasks as they are when machines fail: one that ran, and one that was to be stopped."""
    ask = Asking(f"sqlite:///{file}")
    one, other = (row[0] for row in ask("SELECT place FROM task WHERE status = 'queued' ORDER BY place LIMIT 2"))
    ask(f"UPDATE task SET status = 'running', send_at = NULL, lease_until = '{LONG_AGO}' WHERE place = {one}")
    ask(f"UPDATE task SET status = 'cancelling', send_at = NULL, lease_until = '{LONG_AGO}' WHERE place = {other}")


def _has_a_scheduler_died(file: Path, erased: int) -> None:
    """Leave an account that is erased as it is before the last batch of its removal."""
    ask = Asking(f"sqlite:///{file}")
    ask(f"""
        INSERT OR IGNORE INTO users
            (id, username, username_key, role, data, password_hash, session_epoch, created_at, updated_at, deleted_at)
        VALUES ({erased}, '', '', 'user', '{{}}', '', 1, '{LONG_AGO}', '{LONG_AGO}', '{LONG_AGO}')
    """)
    ask(f"INSERT OR IGNORE INTO erasure (user_id, erased_by) VALUES ({erased}, {erased})")


def _check(life: Life, url: str, counter: CounterServer) -> None:
    """Those who were logged in are; who was not is not; all that was begun ends; and no id comes back."""
    ask, server = Asking(url), life.server
    assert life.write("GET", "/", by="alice")["data"]["nul"] == "\0"
    assert [server.call("GET", "/users", life.tokens[name]).status_code for name in ("bob", "dave", "erin")] == [
        401
    ] * 3
    wait_until(lambda: ask(f"SELECT 1 FROM users WHERE id = {life.ids['erin']}") == [], what="the rest of an erasure")
    again = life.write("POST", "/users", KEYED_USER, **KEYED)
    assert again["username"] == "keyed"
    life.write("POST", f"/users/{life.ids['dave']}/restore")
    newcomer = life.write("POST", "/users", {**KEYED_USER, "username": "newcomer"})
    assert newcomer["id"] == again["id"] + 1
    wait_until(lambda: len(ask(f"{UNFINISHED} AND status = 'running' AND lease_until > now()")) == 4, what="work")
    for (task,) in ask(f"{UNFINISHED} AND type = 'javascript' AND status <> 'cancelling'"):
        life.write("DELETE", f"/tasks/{task}")
    let_delays_end(ask)
    wait_for_the_end(ask, seconds=ENDS_WITHIN)
    wait_until(lambda: not ask("SELECT id FROM notification WHERE status <> 'delivered'"), what="the last notices")
    assert {key for (key,) in ask("SELECT key FROM notification")} == {each.key for each in counter.received}
    assert unexpected(server.log()) == []
