"""The services of compose.yaml, run as it says, over a real Postgres and the Redis that it has started."""

import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from tests.chaos.crew import kill
from tests.services.counter import CounterServer
from tests.services.postgres import new_database
from tests.services.processes import free_port, running, wait_until
from tests.system import javascript_alone
from tests.system.compose import SECRETS, compose
from tests.system.parts import PARTS, PASSWORD, Part, Parts
from tests.system.server import WORKERS
from workers.embedded import command as embedded


@pytest.fixture
def counter() -> Iterator[CounterServer]:
    with CounterServer() as started:
        yield started


@pytest.fixture
def services(counter: CounterServer) -> dict[str, Any]:
    given = {**SECRETS, "COUNTER_URL": counter.url, "ADMIN_USERNAME": "root", "ADMIN_PASSWORD": PASSWORD}
    services: dict[str, Any] = compose(**given)["services"]
    return services


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="aerie-compose-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def redis_port(folder: Path, services: dict[str, Any]) -> Iterator[int]:
    with redis_of(services["redis"], folder) as port:
        yield port


@pytest.fixture
def database_urls(
    folder: Path, services: dict[str, Any], redis_port: int, postgres_server: str
) -> Iterator[tuple[str, str]]:
    """Of a database with its tables: the owner's, and the JavaScript worker's once `role` has run, twice."""
    owner = new_database(postgres_server, "aerie_compose")
    migrate = part(services["migrate"], owner, f"redis://:{SECRETS['REDIS_PASSWORD']}@127.0.0.1:{redis_port}")
    assert Parts(folder, {"migrate": migrate}, redis_url="").run("migrate", migrate.command) == 0
    sql = javascript_alone.from_psql(javascript_alone.SQL, **services["role"]["environment"])
    with javascript_alone.role(owner, sql * 2) as own:
        yield owner, own


@pytest.fixture
def parts(folder: Path, services: dict[str, Any], redis_port: int, database_urls: tuple[str, str]) -> Iterator[Parts]:
    users = f":{SECRETS['REDIS_PASSWORD']}", f"aerie-javascript:{SECRETS['JAVASCRIPT_REDIS_PASSWORD']}"
    redis_url, own = (f"redis://{user}@127.0.0.1:{redis_port}" for user in users)
    names = {
        name: part(services[name], database_urls[0], redis_url) for name in ("api", "worker", "scheduler", "migrate")
    }
    names["javascript"] = part(services["javascript"], database_urls[1], own)
    with Parts(folder, names, redis_url=redis_url) as started:
        yield started


def test_they_work_together_and_their_checks_tell_who_is_well(
    parts: Parts, counter: CounterServer, redis_port: int
) -> None:
    wait_until(lambda: parts.kinds_of_workers() == WORKERS, seconds=60, what="all of them")
    assert {name: parts.check(name) for name in PARTS} == dict.fromkeys(PARTS, 0)
    assert "invalid username-password pair" in redis_says(redis_port, "another")
    parts.run_tasks()
    wait_until(lambda: counter.received, what="the notice")

    kill(*parts.pids())
    parts.let_presence_end()
    assert {name: parts.check(name) for name in PARTS} == dict.fromkeys(PARTS, 1)


def test_the_javascript_worker_may_do_no_more_than_its_work(parts: Parts, database_urls: tuple[str, str]) -> None:
    wait_until(lambda: parts.kinds_of_workers() == WORKERS, seconds=60, what="all of them")
    parts.run_tasks()
    environment = parts.environment("javascript")
    assert SECRETS["POSTGRES_PASSWORD"] not in f"{environment}"
    assert javascript_alone.refusal(environment["REDIS_URL"], "GET", "session:x") == "NoPermissionError"
    assert javascript_alone.refusal(environment["REDIS_URL"], "CONFIG", "GET", "*") == "NoPermissionError"
    with psycopg.connect(database_urls[1]) as own, pytest.raises(psycopg.errors.InsufficientPrivilege):
        own.execute("SELECT 1 FROM users")


def part(service: dict[str, Any], database_url: str, redis_url: str) -> Part:
    """A service; other than in containers is where the stores are."""
    own: dict[str, str] = service["environment"]
    assert own["DATABASE_URL"] in (
        f"postgresql://aerie:{SECRETS['POSTGRES_PASSWORD']}@postgres/aerie",
        f"postgresql://aerie_javascript:{SECRETS['JAVASCRIPT_POSTGRES_PASSWORD']}@postgres/aerie",
    )
    assert own["REDIS_URL"] == re.sub("127.0.0.1:.*", "redis", redis_url)
    _, *check = service["healthcheck"].get("test", ["CMD"])
    return Part(service["command"], own | {"DATABASE_URL": database_url, "REDIS_URL": redis_url}, check)


@contextmanager
def redis_of(service: dict[str, Any], folder: Path) -> Iterator[int]:
    """The port of the service's Redis, once it answers."""
    port = free_port()
    here = f"{shlex.quote(embedded(folder)[0])} - --port {port}"
    command = [each.replace("valkey-server -", here) for each in service["command"]]
    with running(command, log=folder / "redis.log", cwd=folder, env=service["environment"]):
        wait_until(lambda: redis_says(port, SECRETS["REDIS_PASSWORD"]) == "PONG", what="Redis")
        yield port


def redis_says(port: int, password: str) -> str:
    """What Redis answers to those who have this password."""
    try:
        with redis.Redis(port=port, password=password) as client:
            return "PONG" if client.ping() else "nothing"
    except redis.RedisError as error:
        return str(error)
