"""Migrations as deploy/kubernetes has them: by a Job, and by each pod that needs the tables, whoever comes first."""

import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from models.schema import NAMES
from tests.services.postgres import new_database
from tests.system.kubernetes import containers, environment, pods
from tests.system.server import run
from tests.system.test_kubernetes import GIVEN

MIGRATING = {
    (name, container["name"]): container
    for name, pod in pods().items()
    for container in containers(pod)
    if container["args"][-1] == "migrate"
}


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="aerie-migrates-") as folder:
        yield Path(folder)


def test_the_job_and_all_who_need_the_tables_may_begin_at_once(postgres_server: str, folder: Path) -> None:
    assert set(MIGRATING) == {("migrate", "migrate"), *((name, "migrated") for name in ("api", "worker", "scheduler"))}
    database_url = new_database(postgres_server, "aerie_kubernetes_migrates")
    given = GIVEN | {"aerie": GIVEN["aerie"] | {"DATABASE_URL": database_url, "REDIS_URL": "redis://127.0.0.1:1"}}

    def migrate(who: tuple[str, str]) -> tuple[int, str]:
        container = MIGRATING[who]
        here = {"DATA_DIR": str(folder / "-".join(who)), "PATH": "/usr/bin:/bin"}
        ended = run([sys.executable, *container["args"][1:]], **environment(container, given) | here)
        return ended.returncode, ended.stderr

    with ThreadPoolExecutor(len(MIGRATING)) as all_at_once:
        assert [*all_at_once.map(migrate, MIGRATING)] == [(0, "")] * len(MIGRATING)
    with psycopg.connect(database_url) as connection:
        history = "SELECT count(*) FROM schema_migration"
        assert connection.execute(history.encode()).fetchone() == (len(NAMES),)
