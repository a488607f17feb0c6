"""Threads of a process that write one after the other, and are done together."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import peewee

import logs

# In seconds: so long a commit may be left to who comes next; then other processes have their turn.
LEFT_TO_OTHERS = 0.1


class Turns:
    """A lock that is handed on: nobody overtakes, and whoever has it can tell whether somebody waits."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()

    def take_at_once(self) -> bool:
        """Have a turn if nobody else has one."""
        with self._guard:
            was_taken, self._is_taken = self._is_taken, True
            return not was_taken

    def take(self, timeout: float) -> bool:
        """Wait for a turn; whether it came in time, in seconds."""
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            word = threading.Lock()
            word.acquire()
            self._waiting.append(word)
        if word.acquire(timeout=timeout):
            return True
        with self._guard:
            if word not in self._waiting:  # it came just now
                return True
            self._waiting.remove(word)
            return False

    def hand_on(self) -> bool:
        """Give one's turn to who has waited longest; False if nobody waits, and then one still has it."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
                return True
            return False

    def end(self) -> None:
        """Give one's turn to whoever waits or comes next."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


class Group:
    """Transactions that one COMMIT keeps, or that are undone together."""

    def __init__(self) -> None:
        self.members: list[threading.Lock] = []
        self._wait_longer: set[threading.Lock] = set()
        self._afterwards: dict[Callable[[list[Any]], None], list[Any]] = {}
        self.is_kept = False
        self.error: peewee.PeeweeException | None = None
        self._until = time.monotonic() + LEFT_TO_OTHERS

    def takes_more(self) -> bool:
        """Whether another transaction may become part of it."""
        return self.error is None and time.monotonic() < self._until

    def join(self, afterwards: Sequence[tuple[Callable[[list[Any]], None], Any]]) -> threading.Lock:
        """Become part of it; the lock can be had when all is kept or lost.

        *afterwards* says what is called once it is kept, with the values that all members have for it; whoever has
        something for it waits for that, too.
        """
        word = threading.Lock()
        word.acquire()
        self.members.append(word)
        for run, value in afterwards:
            self._afterwards.setdefault(run, []).append(value)
            self._wait_longer.add(word)
        return word

    def tell(self) -> None:
        """Do what is to be done once it is kept, and let go all who wait for what becomes of it."""
        for each in self.members:
            if each not in self._wait_longer:
                each.release()
        try:
            if self.is_kept:
                for run, values in self._afterwards.items():
                    follow(run, values)
        finally:
            for each in self._wait_longer:
                each.release()

    def check(self) -> None:
        """Raise if it was not kept: each an error of its own, whose traceback is nobody else's."""
        if not self.is_kept:
            error = self.error or peewee.OperationalError("the transaction was not committed")
            raise type(error)(*error.args) from error


def follow(run: Callable[[list[Any]], None], values: list[Any]) -> None:
    """Do what follows a commit: all is kept, whatever that raises, and whoever does it for others."""
    try:
        run(values)
    except Exception as error:
        logs.failure("what follows a commit failed", error)
