"""What the manifests of deploy/kubernetes start, over a real Postgres and a Redis with the users that they ask for."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from tests.chaos.crew import kill
from tests.services.counter import CounterServer
from tests.services.postgres import new_database
from tests.services.processes import wait_until
from tests.system import javascript_alone
from tests.system.kubernetes import environment, pods
from tests.system.parts import PASSWORD, Part, Parts
from tests.system.server import WORKERS

REDIS_PASSWORD = "b" * 64
NAMES = ("DATABASE_URL", "REDIS_URL")
MORE = {"SECRET_KEY": "a" * 64, "METRICS_TOKEN": "e" * 64, "ADMIN_USERNAME": "root", "ADMIN_PASSWORD": PASSWORD}
PODS = pods()
WORKING = ("worker", "javascript", "scheduler")
LOOP = {"type": "javascript", "code": "for (;;) {}"}


@pytest.fixture
def counter() -> Iterator[CounterServer]:
    with CounterServer() as started:
        yield started


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="aerie-kubernetes-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def redis_urls() -> Iterator[tuple[str, str]]:
    """For who may do everything, and for the JavaScript worker."""
    with javascript_alone.redis_server(password=REDIS_PASSWORD) as urls:
        yield urls


@pytest.fixture
def database_urls(postgres_server: str, folder: Path, redis_urls: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """The same, of a database whose tables the first pod's init container has made."""
    owner = new_database(postgres_server, "aerie_kubernetes")
    secrets = {"aerie": dict(zip(NAMES, (owner, redis_urls[0]), strict=True))}
    init = PODS["api"]["spec"]["initContainers"][0]
    first = Parts(folder, {"migrated": part(init, secrets)}, redis_url=redis_urls[0])
    assert first.run("migrated", init["args"]) == 0
    with javascript_alone.role(owner, javascript_alone.block("sql")) as own:
        yield owner, own


@pytest.fixture
def parts(
    folder: Path, database_urls: tuple[str, str], redis_urls: tuple[str, str], counter: CounterServer
) -> Iterator[Parts]:
    owner, own = zip(database_urls, redis_urls, strict=True)
    secrets = {
        "aerie": dict(zip(NAMES, owner, strict=True)) | MORE | {"COUNTER_URL": counter.url},
        "javascript": dict(zip(NAMES, own, strict=True)),
    }
    started = {name: part(pod["spec"]["containers"][0], secrets) for name, pod in PODS.items()}
    with Parts(folder, started, redis_url=redis_urls[0]) as running:
        wait_until(lambda: running.kinds_of_workers() == WORKERS, seconds=60, what="all of them")
        yield running


def test_they_work_together_and_their_probes_tell_who_is_well(parts: Parts, counter: CounterServer) -> None:
    assert {name: parts.check(name) for name in WORKING} == dict.fromkeys(WORKING, 0)
    api = PODS["api"]["spec"]["containers"][0]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert parts.ask("GET", api[probe]["httpGet"]["path"]).status_code == 200
    parts.run_tasks()
    wait_until(lambda: counter.received, what="the notice")
    assert [parts.ask("GET", "/metrics", token).status_code for token in ("", MORE["METRICS_TOKEN"])] == [401, 200]

    kill(*parts.pids())
    parts.let_presence_end()
    assert {name: parts.check(name) for name in WORKING} == dict.fromkeys(WORKING, 1)


def test_the_javascript_worker_may_do_all_that_it_does(parts: Parts, redis_urls: tuple[str, str]) -> None:
    token = parts.run_tasks()
    with redis.Redis.from_url(redis_urls[0], decode_responses=True) as client:
        # One that died long ago, with a message that nobody needs any more.
        client.sadd("dramatiq:__acks__.dead.javascript", "an id")
        client.zadd("dramatiq:__heartbeats__", {"dead": 0})
        wait_until(lambda: not client.exists("dramatiq:__acks__.dead.javascript"), what="its messages taken over")
        wait_until(lambda: client.zscore("dramatiq:__heartbeats__", "dead") is None, what="its name forgotten")
    stopped, handed_back = (parts.ask("POST", "/tasks", token, headers={}, json=LOOP).json()["id"] for _ in range(2))
    wait_until(lambda: [status(parts, token, each) for each in (stopped, handed_back)] == ["running"] * 2, what="both")
    parts.ask("DELETE", f"/tasks/{stopped}", token)
    wait_until(lambda: status(parts, token, stopped) == "cancelled", what="the end of one")
    parts.masters["javascript"].terminate()
    assert parts.masters["javascript"].wait(20) == 0
    assert status(parts, token, handed_back) == "queued"
    said = [json.loads(line) for line in parts.log("javascript").splitlines()]
    assert [line for line in said if line["level"] != "info"] == []


def test_the_javascript_worker_may_do_nothing_else_in_redis(parts: Parts, redis_urls: tuple[str, str]) -> None:
    parts.run_tasks()
    with redis.Redis.from_url(redis_urls[0], decode_responses=True) as client:
        keys = [*client.keys("*"), "said:1", "limits:1", "dramatiq:tasks.msgs", "dramatiq:notices"]
    others = [key for key in keys if not key.startswith(("workers", "dramatiq:javascript", "dramatiq:__"))]
    assert {"session", "seen", "sessions"} <= {key.partition(":")[0] for key in others}
    # The last three it may do to keys of its own.
    about_keys = ("GET",), ("DEL",), ("LPOP",), ("EVALSHA", "0" * 40, "1")
    tried: list[tuple[str, ...]] = [(*command, key) for key in others for command in about_keys]
    # Of who is there it tells and is told, and can't make it what nobody could read.
    tried += [("DEL", "workers"), ("RPUSH", "workers", "x"), ("SADD", "workers", "x")]
    tried += [("FLUSHALL",), ("CONFIG", "GET", "*"), ("ACL", "LIST"), ("EVAL", "return 1", "0"), ("SUBSCRIBE", "ended")]
    done = [command for command in tried if javascript_alone.refusal(redis_urls[1], *command) != "NoPermissionError"]
    assert done == []


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1 FROM users", "SELECT 1 FROM audit_entry", "SELECT 1 FROM kept_answer", "DELETE FROM task",
     "INSERT INTO task SELECT * FROM task", "TRUNCATE task", "CREATE TABLE mine (id int)"],
)  # fmt: skip
def test_the_javascript_worker_may_do_nothing_else_in_postgres(database_urls: tuple[str, str], statement: str) -> None:
    with psycopg.connect(database_urls[1]) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def part(container: Any, secrets: dict[str, dict[str, str]]) -> Part:
    """A container of a pod."""
    check = container.get("readinessProbe", {}).get("exec", {}).get("command", [])
    return Part(container["args"], environment(container, secrets), check)


def status(parts: Parts, token: str, task_id: str) -> str:
    """What a task has come to, now."""
    return str(parts.ask("GET", f"/tasks/{task_id}", token, headers={}).json()["status"])
