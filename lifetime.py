"""No process outlives the one that started it, and each hears from its birth that it is to stop.

`python -m lifetime PROGRAM ARGUMENT…` becomes a program that ends with its parent.
"""

import ctypes
import functools
import os
import signal
import sys

PARENT = "AERIE_PARENT"
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_PR_SET_PDEATHSIG = 1


def end_with_parent(*, by: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send this process a signal when its parent dies; Linux alone can.

    It gets that signal at once if the parent that its environment names has died already.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(by))
    expected = os.environ.get(PARENT)
    if expected is not None and os.getppid() != int(expected):
        signal.raise_signal(by)


@functools.cache
def keep_stops_for_children() -> None:
    """Have a child that is forked with os.fork start with the signals that stop it blocked, until it hears them.

    Before that it would lose them: it has its parent's handlers, or rather a copy of what they note things down in.
    """
    # As a child of one that does this too.
    hear_stops()
    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, STOPS),
        after_in_parent=hear_stops,
    )


def hear_stops() -> None:
    """Unblock the signals that stop a process, and take those that have come."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)


def become(arguments: list[str]) -> None:
    """Turn into another program, as whose children its own will know themselves."""
    hear_stops()
    end_with_parent()
    os.environ[PARENT] = str(os.getpid())
    os.execvp(arguments[0], arguments)  # noqa: S606


if __name__ == "__main__":
    become(sys.argv[1:])
