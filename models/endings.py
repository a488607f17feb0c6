"""Tells those who wait for a task that it has ended, without asking the database all the time."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from models.errors import Unavailable
from models.stores import opened

CHANNEL = "ended"
AT_A_TIME = 500
# In seconds; messages may get lost, and so the row is looked at now and then.
LOOKS_EVERY = 1.0


class Endings:
    """Hears what has ended from Redis, in one thread a process, once somebody waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: defaultdict[str, list[threading.Event]] = defaultdict(list)
        self._listener: threading.Thread | None = None
        self._leaving = False

    def announce(self, task_ids: list[str]) -> None:
        """Say that tasks have ended, to whoever listens."""
        with suppress(Unavailable):
            for start in range(0, len(task_ids), AT_A_TIME):
                some = task_ids[start : start + AT_A_TIME]
                opened.redis.run_all(*(("PUBLISH", CHANNEL, task_id) for task_id in some))

    def wait(self, task_id: str, seconds: float, *, ended: Callable[[], bool]) -> None:
        """Wait until a task has *ended*, for at most so many seconds."""
        with self._heard(task_id) as event:
            deadline = time.monotonic() + seconds
            while not ended() and not self._leaving and (left := deadline - time.monotonic()) > 0:
                event.wait(min(left, LOOKS_EVERY))
                event.clear()

    def leave(self) -> None:
        """Have everybody stop waiting, from now on: this process is about to end."""
        self._leaving = True
        self._have_all_look()

    @contextmanager
    def _heard(self, task_id: str) -> Iterator[threading.Event]:
        event = threading.Event()
        with self._lock:
            if self._listener is None:
                self._listener = threading.Thread(target=self._listen, name="endings", daemon=True)
                self._listener.start()
            self._waiting[task_id].append(event)
        try:
            yield event
        finally:
            with self._lock:
                self._waiting[task_id].remove(event)
                if not self._waiting[task_id]:
                    del self._waiting[task_id]

    def _have_all_look(self) -> None:
        for events in list(self._waiting.values()):
            for event in list(events):
                event.set()

    def _listen(self) -> None:
        while True:
            # However it breaks off: those who wait look for themselves now and then.
            with suppress(Unavailable, UnicodeDecodeError):
                # What was said before was not heard, by those who waited already.
                for task_id in opened.redis.heard(CHANNEL, begun=self._have_all_look):
                    for event in list(self._waiting.get(task_id, ())):
                        event.set()
            time.sleep(LOOKS_EVERY)


endings = Endings()
