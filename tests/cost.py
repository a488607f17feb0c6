"""How much work something may be."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quickly(seconds: float) -> Iterator[None]:
    """Fail if the block takes more of this thread's own processor time.

    Other load on the machine doesn't count, nor does collecting what tests before have left.
    """
    gc.disable()
    try:
        began = time.thread_time()
        yield
        took = time.thread_time() - began
    finally:
        gc.enable()
    assert took < seconds
