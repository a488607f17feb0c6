"""No process outlives the one that started it, even when that one is killed.

`python -m lifetime PROGRAM ARGUMENT…` becomes a program that ends with its parent.
"""

import ctypes
import os
import signal
import sys

PARENT = "AERIE_PARENT"
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


def become(arguments: list[str]) -> None:
    """Turn into another program, as whose children its own will know themselves."""
    end_with_parent()
    os.environ[PARENT] = str(os.getpid())
    os.execvp(arguments[0], arguments)  # noqa: S606


if __name__ == "__main__":
    become(sys.argv[1:])
