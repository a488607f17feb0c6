"""No process outlives the one that started it, even when that one is killed."""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent(*, by: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send this process a signal when its parent dies; Linux alone can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(by))
