"""What gunicorn's master does otherwise here: it drains before it stops, and starts nothing that could not serve."""

import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import draining
import logs

# What it has been started with, and what tries that out.
CHECK = [sys.executable, "-m", "gunicorn", "--check-config", "--config", "gunicorn.conf.py"]


class Signals:
    """Heard in gunicorn's place, which then does what it does.

    SIGTERM has /readyz send new requests elsewhere, and stops after so many seconds; a second one does not wait. SIGHUP
    is not queued: those that come during a restart are one. Gunicorn would end with the new processes that can't start,
    and end the old ones with it.
    """

    def __init__(self, server: Any, drain_seconds: int) -> None:
        self._server = server
        self._drain_seconds = drain_seconds
        self._restart = server.handle_hup
        self._restarts_next = False

    def hear(self) -> None:
        """From now on."""
        self._server.handle_hup = self._restart_if_it_can
        signal.signal(signal.SIGTERM, self._drain)
        signal.signal(signal.SIGALRM, self._stop)
        signal.signal(signal.SIGHUP, self._restart_later)

    def _drain(self, signum: int, frame: FrameType | None) -> None:
        if draining.has_begun() or not self._drain_seconds:
            return self._stop(signum, frame)
        draining.begin()
        signal.alarm(self._drain_seconds)

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        draining.end()
        self._server.signal(signal.SIGTERM, frame)

    def _restart_later(self, signum: int, frame: FrameType | None) -> None:
        if not self._restarts_next:
            self._restarts_next = True
            self._server.signal(signum, frame)

    def _restart_if_it_can(self) -> None:
        self._restarts_next = False
        if draining.has_ended():
            return
        fault = _fault_of_what_would_start()
        if fault is not None:
            logs.warning("not restarted", why=fault)
        elif not draining.has_ended():  # which may have come meanwhile
            self._restart()


def _fault_of_what_would_start() -> str | None:
    try:
        checked = subprocess.run(  # noqa: S603
            CHECK, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        # An error here would end gunicorn.
        return type(fault).__name__
    return None if checked.returncode == 0 else checked.stderr.strip().rpartition("\n")[2]
