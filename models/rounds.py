"""What many threads ask for at one moment is asked for together."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Overdue(Exception):
    """Nobody has asked what somebody waited for; it is theirs again."""


class Rounds(Generic[Question, Answer]):
    """One thread asks at a time, for itself and for all who have come since the last one went.

    Where each would ask for itself, to fall asleep and to be woken costs more than what is asked for.
    """

    def __init__(self, ask_all: Callable[[list[Question]], list[Answer]], *, patience: float | None = None) -> None:
        """*ask_all* answers questions in their order; what it raises, all are told who asked.

        *patience* is how long, in seconds, somebody waits to be asked for. Without it they wait for one round, and are
        told what that raises, too: nobody waits for two that fail.
        """
        self._ask_all = ask_all
        self._patience = patience
        self._guard = threading.Lock()
        self._waiting: list[_Asking[Question, Answer]] = []
        self._is_under_way = False

    def ask(self, question: Question) -> Answer:
        """Ask as soon as those are answered who went before; raises what asking raised, or Overdue."""
        mine: _Asking[Question, Answer] = _Asking(question)
        with self._guard:
            goes = not self._is_under_way
            self._is_under_way = True
            if not goes:
                self._waiting.append(mine)
        if not goes and not mine.word.acquire(timeout=-1 if self._patience is None else self._patience):
            self._withdraw(mine)
        if goes or mine.goes:
            self._go(mine)
        if mine.error is not None:
            # One of its own, whose traceback is nobody else's.
            raise type(mine.error)(*mine.error.args) from mine.error
        return mine.answer

    def _go(self, mine: "_Asking[Question, Answer]") -> None:
        others = self._all_waiting()
        try:
            answers = self._ask_all([mine.question, *(each.question for each in others)])
            for each, answer in zip([mine, *others], answers, strict=True):
                each.answer = answer
        except Exception as error:
            if self._patience is None:
                others += self._all_waiting()
            self._let_the_next_go()
            for each in others:
                each.error = error
                each.word.release()
            raise
        except BaseException:
            # This thread ends, and the others' questions are as good as before.
            with self._guard:
                self._waiting[:0] = others
            self._let_the_next_go()
            raise
        else:
            # First, so that their answers are on their way while these are given out.
            self._let_the_next_go()
            for each in others:
                each.word.release()

    def _withdraw(self, mine: "_Asking[Question, Answer]") -> None:
        with self._guard:
            if mine in self._waiting:
                self._waiting.remove(mine)
                raise Overdue
        # It is being asked at this moment, or its turn has come.
        mine.word.acquire()

    def _all_waiting(self) -> "list[_Asking[Question, Answer]]":
        with self._guard:
            waiting, self._waiting = self._waiting, []
        return waiting

    def _let_the_next_go(self) -> None:
        with self._guard:
            if not self._waiting:
                self._is_under_way = False
                return
            chosen = self._waiting.pop(0)
        chosen.goes = True
        chosen.word.release()


class _Asking(Generic[Question, Answer]):
    """A thread's question, and what has become of it."""

    __slots__ = ("answer", "error", "goes", "question", "word")

    def __init__(self, question: Question) -> None:
        self.question = question
        self.answer: Answer
        self.error: Exception | None = None
        self.goes = False
        # Held until there is something to tell.
        self.word = threading.Lock()
        self.word.acquire()
