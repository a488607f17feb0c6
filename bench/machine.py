"""What a run was measured on, and of what."""

import os
import platform
import re
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.processes import ROOT
from tests.services.postgres import programs
from workers.embedded import command

PACKAGES = ("gunicorn", "falcon", "peewee", "msgspec", "redis", "psycopg", "dramatiq", "bcrypt", "deno")


def described() -> dict[str, str]:
    """The time, the commit, the machine and the versions, by their names."""
    load, _, _ = os.getloadavg()
    memory = int(_found(r"MemTotal: +(\d+)", "/proc/meminfo")) * 1024
    return {
        "time": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(),
        "cores": str(len(os.sched_getaffinity(0))),
        "CPU": _found(r"model name\s*: (.*)", "/proc/cpuinfo") or platform.machine(),
        "memory": f"{memory / 1e9:.1f} GB",
        "load before": f"{load:.1f}",
        "kernel": platform.release(),
        "Python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "SQLite": sqlite3.sqlite_version,
        "Postgres": _version(lambda folder: str(programs(folder) / "postgres")),
        "valkey": _version(lambda folder: command(folder)[0]),
        "wrk": _version(lambda folder: "wrk", "-v"),
    }


def _found(pattern: str, path: str) -> str:
    found = re.search(pattern, Path(path).read_text())
    return found[1] if found else ""


def _commit() -> str:
    """Its short name, marked where files differ from it."""
    told = _said("git", "describe", "--always", "--dirty=, changed since", "--exclude=*")
    return told.strip() or "unknown"


def _version(program: Callable[[Path], str], ask: str = "--version") -> str:
    with tempfile.TemporaryDirectory() as folder:
        found = re.search(r"\d+(\.\d+)+", _said(program(Path(folder)), ask))
    return found[0] if found else "none"


def _said(*arguments: str) -> str:
    try:
        ran = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return ran.stdout
