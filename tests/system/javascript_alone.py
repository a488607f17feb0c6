"""The users that the JavaScript worker has for itself in Postgres and Redis, made as docs/kubernetes.md says."""

import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis

from tests.services.processes import free_port, running, wait_until
from tests.system.server import ROOT
from workers.embedded import command as embedded

# Roles belong to the whole server, which the processes of pytest-xdist may share.
ROLE = "aerie_javascript" + os.environ.get("PYTEST_XDIST_WORKER", "")
USER = "aerie-javascript"
PASSWORD = "d" * 64
# What compose.yaml has psql do.
SQL = (ROOT / "deploy" / "javascript.sql").read_text()


def block(language: str) -> str:
    """The one block of the page that is in this language, with a password."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / "docs" / "kubernetes.md").read_text(), re.M | re.S)
    return str(found).replace("'PASSWORD'", f"'{PASSWORD}'").replace(">PASSWORD", f">{PASSWORD}")


def from_psql(script: str, **environment: str) -> str:
    """The SQL that psql makes of a script: of its own commands it knows `\\getenv` alone."""
    names = dict(re.findall(r"^\\getenv (\w+) (\w+)\n", script, re.M))
    sql = re.sub(r"^\\.*\n", "", script, flags=re.M)
    return re.sub(r":'(\w+)'", lambda found: f"'{environment[names[found[1]]]}'", sql)


@contextmanager
def role(database_url: str, sql: str) -> Iterator[str]:
    """The URL of this database for the worker's own role, which is gone after the block."""
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(sql.replace("aerie_javascript", ROLE).encode())
        try:
            parts = urlsplit(database_url)
            address = parts.netloc.rpartition("@")[2]
            yield parts._replace(netloc=f"{ROLE}:{PASSWORD}@{address}").geturl()
        finally:
            owner.execute(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}".encode())


@contextmanager
def redis_server(*, password: str) -> Iterator[tuple[str, str]]:
    """The URLs of a Redis of its own: for who has the password, and for the worker's own user."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="aerie-redis-") as folder:
        conf = Path(folder) / "redis.conf"
        conf.write_text(f"requirepass {password}\n")
        command = [embedded(Path(folder))[0], str(conf), "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
        with running(command, log=Path(folder) / "log", cwd=folder):
            everything = f"redis://:{password}@127.0.0.1:{port}"
            wait_until(lambda: refusal(everything, "PING") is None, what="Redis")
            with redis.Redis.from_url(everything) as client:
                client.execute_command(*shlex.split(block("redis")))
            yield everything, f"redis://{USER}:{PASSWORD}@127.0.0.1:{port}"


def refusal(url: str, *command: str) -> str | None:
    """The kind of error that a command meets; None if it is done."""
    try:
        with redis.Redis.from_url(url) as client:
            client.execute_command(*command)
    except redis.RedisError as error:
        return type(error).__name__
    return None
