"""A real Valkey for the tests, started as the product starts its own, but without a file."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from models.redis_link import NO_WAITING
from tests.services.processes import running, wait_until
from workers.embedded import command

# For a server that no test brings back: it would be silent for as long as the disk is, and for that alone.
NO_FILE = ("--appendonly", "no")


@contextmanager
def valkey() -> Iterator[Path]:
    """The folder of a running server; its socket is redis.sock inside."""
    # Not below pytest's own folders: a socket's path has 103 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="aerie-valkey-"))
    try:
        with running([*command(folder), *NO_FILE], log=folder / "log"):
            wait_until(lambda: answers(folder), what="Valkey")
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def answers(folder: Path) -> bool:
    """Whether the server in this folder takes commands."""
    try:
        with client(folder) as connection:
            return bool(connection.ping())
    except redis.RedisError:
        return False


def client(folder: Path) -> redis.Redis:
    """A client for looking inside, which a slow machine does not hurry."""
    patient = NO_WAITING | {"socket_timeout": 5.0}
    return redis.Redis(unix_socket_path=str(folder / "redis.sock"), decode_responses=True, **patient)


def listeners(folder: Path, channel: str) -> int:
    """How many have subscribed to a channel of the server in this folder."""
    with client(folder) as connection:
        _, number = connection.execute_command("PUBSUB", "NUMSUB", channel)
    return int(number)
