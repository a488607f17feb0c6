"""Runs everything on one machine until it is told to stop: `python serve.py`, which script/server does."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from lifetime import PARENT, STOPS, hear_stops
from settings import Settings
from workers.counters import SAMPLE_PORT

ROOT = Path(__file__).resolve().parent
LONGEST_WAIT = 6.0
# In seconds: what gunicorn.conf.py gives those who are served, and a little more.
WEB_STOPS_WITHIN = 35
# Where the sample counter server listens, or at the next port that is free.
FIRST_SAMPLE_PORT = 8888


def serve() -> int:
    """Check that this can work, migrate, and keep a supervisor running; return the exit status."""
    settings = Settings.or_exit()
    lock = sole_user_of(settings.data_dir, otherwise="choose another")
    _refuse_a_port_in_use(settings)
    runner = _Runner(settings, lock)
    for stop in STOPS:
        signal.signal(stop, runner.stop)
    failed = runner.run([sys.executable, "manage.py", "migrate"])
    if failed and not runner.stopping:
        return failed
    # It warns of running as root unless it was told to.
    as_root = ["--user", "root"] if os.geteuid() == 0 else []
    runner.keep_running(
        [sys.executable, "-m", "supervision", "--configuration", str(ROOT / "supervisord.conf"), *as_root]
    )
    return 0


class _Runner:
    """Runs one program after another, until it is told to stop."""

    def __init__(self, settings: Settings, lock: int) -> None:
        self._lock = lock
        self.stopping = False
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = os.environ | {
            "DATA_DIR": str(settings.data_dir),
            "PYTHON": sys.executable,
            "PYTHONUNBUFFERED": "1",
            PARENT: str(os.getpid()),
            "WEB_STOPS_WITHIN": str(settings.drain_seconds + WEB_STOPS_WITHIN),
            **_counter_server(settings),
        }

    def keep_running(self, arguments: list[str]) -> None:
        """Run a program again whenever it ends, until a signal says stop."""
        while not self.stopping:
            self.run(arguments)
            if not self.stopping:
                time.sleep(1)

    def run(self, arguments: list[str]) -> int:
        """Run a program to its end, pass on what it says, and return its exit status."""
        # Blocked meanwhile: a signal must find either no process to stop and none to come, or the one to stop.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        try:
            if self.stopping:
                return 0
            reader, writer = os.pipe()
            self._process = self._start(arguments, writer)
            os.close(writer)
        finally:
            hear_stops()
        _pass_on(reader)
        return self._process.wait()

    def stop(self, signum: int, frame: Any) -> None:
        """Stop what runs, and start nothing more."""
        self.stopping = True
        if self._process is not None:
            self._process.terminate()

    def _start(self, arguments: list[str], output: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "lifetime", *arguments],
            cwd=ROOT,
            env=self._environment,
            # supervisord opens its output by name, once for each program. A pipe of our own can always
            # be opened so; what we were given may be a socket, or somebody else's file.
            stdout=output,
            # Ctrl-C is for this process alone, which then stops the other.
            start_new_session=True,
            # The supervisor's children end before it does, so the folder is free when it is.
            pass_fds=[self._lock],
        )


def _pass_on(reader: int) -> None:
    """Copy what is said to our own output, to its end."""
    with os.fdopen(reader, "rb", buffering=0) as lines:
        while said := lines.read(65536):
            # Nobody may listen any more; that stops nothing.
            with suppress(OSError):
                os.write(1, said)


def sole_user_of(folder: Path, *, otherwise: str) -> int:
    """A descriptor that holds DATA_DIR for this process, or the end of it with what to do instead."""
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + LONGEST_WAIT
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            # One that was killed takes some seconds to be gone with all it started.
            if time.monotonic() > deadline:
                raise SystemExit(f"aerie: DATA_DIR {folder} is in use by another server; {otherwise}.") from None
            time.sleep(0.1)


def _refuse_a_port_in_use(settings: Settings) -> None:
    fault = _fault_of(settings.host, settings.port)
    if fault is not None:
        raise SystemExit(f"aerie: HOST and PORT can't be bound, {settings.host}:{settings.port}: {fault}.")


def _counter_server(settings: Settings) -> dict[str, str]:
    """The one that is named, or the sample, where it listens and who is to be told."""
    if settings.counter_url is not None:
        return {SAMPLE_PORT: ""}
    others = (port for port in range(FIRST_SAMPLE_PORT, 65536) if port != settings.port)
    port = next(port for port in others if _fault_of("127.0.0.1", port) is None)
    return {SAMPLE_PORT: str(port), "COUNTER_URL": f"http://127.0.0.1:{port}/"}


def _fault_of(host: str, port: int) -> OSError | None:
    """What is wrong with listening there, if anything is."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


if __name__ == "__main__":
    sys.exit(serve())
