"""Modes of the files in DATA_DIR: no rights for group and others."""

from __future__ import annotations

import glob
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import logs

if TYPE_CHECKING:
    from settings import Settings

# What there may be beside a SQLite database: SQLite's files, the lock of migrations, and what `restore` set aside.
_BESIDE_DATABASE = ("", "-wal", "-shm", "-journal", ".migrating", ".replaced-*")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private(settings: Settings) -> None:
    """Take the rights of group and others from files that an earlier release, or a copy, left with them.

    Files of another user are left as they are, and no failure is raised: the service runs with them all the same.
    """
    for file in _files_of(settings):
        with suppress(OSError):
            found = file.stat()
            if found.st_uid == os.geteuid() and found.st_mode & _OTHERS:
                file.chmod(found.st_mode & stat.S_IRWXU)
                logs.warning("file made private", file=str(file), mode=f"{stat.S_IMODE(found.st_mode):04o}")


def _files_of(settings: Settings) -> list[Path]:
    files = [settings.data_dir / "secret_key"]
    if settings.on_sqlite:
        # Where it really is: a link to a larger disk has the others there.
        database = glob.escape(str(Path(settings.sqlite_path).resolve()))
        files += [Path(found) for suffix in _BESIDE_DATABASE for found in glob.glob(f"{database}{suffix}")]
    if settings.embedded_redis:
        files += [settings.data_dir / "appendonlydir", *settings.data_dir.glob("appendonlydir/*")]
    return files
