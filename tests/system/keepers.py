"""The two databases, each with the way in which it is backed up and restored, as docs/backup.md has it."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Protocol

from tests.services.databases import Asking
from tests.services.postgres import new_database
from tests.system.server import ROOT

SECRET_KEY = "a secret key for tests, 32 bytes or more"


class Keeper(Protocol):
    """Where a server keeps its rows; `restore` moves on to what was restored."""

    data_dir: Path
    environment: dict[str, str]
    ask: Asking

    def back_up(self) -> None:
        """Back up, whoever writes."""

    def restore(self) -> None:
        """Restore; nobody writes."""


class Sqlite:
    """One in DATA_DIR, restored in another."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir, self.environment = data_dir, dict[str, str]()
        self.ask = Asking(f"sqlite:///{data_dir / 'aerie.db'}")
        self._file = data_dir.with_name("backup.db")

    def back_up(self) -> None:
        _run([str(ROOT / "script" / "backup"), self._file.name], self._file.parent, DATA_DIR=str(self.data_dir))

    def restore(self) -> None:
        self.data_dir = self.data_dir.with_name("restored")
        self.ask = Asking(f"sqlite:///{self.data_dir / 'aerie.db'}")
        _run([str(ROOT / "script" / "restore"), self._file.name], self._file.parent, DATA_DIR=str(self.data_dir))


class Postgres:
    """One on a server, restored in another database there; DATA_DIR, with Redis, stays."""

    def __init__(self, data_dir: Path, server: str, programs: Path) -> None:
        self.data_dir, self._server = data_dir, server
        self._path = f"{programs}:{os.environ['PATH']}"
        self._use(new_database(server, "aerie_kept"))

    def back_up(self) -> None:
        self._run_documented("pg_dump")

    def restore(self) -> None:
        self._use(new_database(self._server, "aerie_restored"))
        self._run_documented("pg_restore")
        _run([sys.executable, "manage.py", "after-restore"], ROOT, DATA_DIR=str(self.data_dir), **self.environment)

    def _use(self, url: str) -> None:
        self.environment = {"DATABASE_URL": url, "SECRET_KEY": SECRET_KEY}
        self.ask = Asking(url)

    def _run_documented(self, program: str) -> None:
        """Run the command that begins so in docs/backup.md."""
        found = re.findall(rf"^ *({program} .*)$", (ROOT / "docs" / "backup.md").read_text(), re.MULTILINE)
        assert len(found) == 1
        url = self.environment["DATABASE_URL"]
        _run(["sh", "-euc", found[0]], self.data_dir.parent, PATH=self._path, DATABASE_URL=url)


def _run(arguments: list[str], folder: Path, **environment: str) -> None:
    ran = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
