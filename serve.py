"""Runs everything on one machine until it is told to stop: `python serve.py`, which script/server does."""

import fcntl
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from lifetime import end_with_parent
from settings import Settings

ROOT = Path(__file__).resolve().parent
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def serve() -> int:
    """Check that this can work, migrate, and keep a supervisor running; return the exit status."""
    settings = Settings.or_exit()
    lock = _sole_user_of(settings.data_dir)
    _refuse_a_port_in_use(settings)
    # In a process of its own, whose memory is given back.
    migrated = subprocess.run([sys.executable, "manage.py", "migrate"], cwd=ROOT, check=False)
    if migrated.returncode != 0:
        return migrated.returncode
    return _Supervisor(settings, lock).run()


class _Supervisor:
    """supervisord as a child, started again if it dies."""

    def __init__(self, settings: Settings, lock: int) -> None:
        self._lock = lock
        self._stopping = False
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = os.environ | {
            "DATA_DIR": str(settings.data_dir),
            "PYTHON": sys.executable,
            "RUN_AS": pwd.getpwuid(os.geteuid()).pw_name,
            "PYTHONUNBUFFERED": "1",
        }

    def run(self) -> int:
        """Run it until a signal says stop, and then until all its children have ended."""
        for stop in STOPS:
            signal.signal(stop, self._stop)
        while not self._stopping:
            reader, writer = os.pipe()
            self._process = self._start(writer)
            os.close(writer)
            _pass_on(reader)
            self._process.wait()
            if not self._stopping:
                time.sleep(1)
        return 0

    def _start(self, output: int) -> subprocess.Popen[bytes]:
        # Blocked meanwhile: a signal must find either no child to stop, or the one to stop.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        try:
            return subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "supervisor.supervisord", "--configuration", str(ROOT / "supervisord.conf")],
                cwd=ROOT,
                env=self._environment,
                # It opens its output by name, once for each program. A pipe of our own can always be opened so;
                # what we were given may be a socket, or somebody else's file.
                stdout=output,
                stderr=output,
                # Ctrl-C is for this process alone, which then stops the other.
                start_new_session=True,
                preexec_fn=_begin_child,
                # Held as long as anything runs on this folder.
                pass_fds=[self._lock],
            )
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)

    def _stop(self, signum: int, frame: Any) -> None:
        self._stopping = True
        if self._process is not None:
            self._process.terminate()


def _pass_on(reader: int) -> None:
    """Copy what is said to our own output, to its end."""
    with os.fdopen(reader, "rb", buffering=0) as lines:
        while said := lines.read(65536):
            # Nobody may listen any more; that stops nothing.
            with suppress(OSError):
                os.write(1, said)


def _begin_child() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    end_with_parent()


def _sole_user_of(folder: Path) -> int:
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit(f"aerie: DATA_DIR {folder} is in use by another server; choose another.") from None
    return lock


def _refuse_a_port_in_use(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise SystemExit(
                f"aerie: HOST and PORT can't be bound, {settings.host}:{settings.port}: {error}."
            ) from None


if __name__ == "__main__":
    sys.exit(serve())
