"""Questions of many threads, asked together."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from models.rounds import Overdue, Rounds
from tests.services.processes import wait_until


class Oracle:
    """Says of each round what was asked; a round lasts until it is let go."""

    def __init__(self, patience: float | None = None) -> None:
        self.rounds: list[list[str]] = []
        self.faults: list[BaseException] = []
        self.may_answer = threading.Semaphore(0)
        self.asks = Rounds(self._answer, patience=patience)

    def _answer(self, questions: list[str]) -> list[str]:
        self.rounds.append(sorted(questions))
        assert self.may_answer.acquire(timeout=10)
        if self.faults:
            raise self.faults.pop(0)
        return [each.upper() for each in questions]

    def wait_for(self, waiting: int) -> None:
        wait_until(lambda: len(self.asks._waiting) == waiting, seconds=5, what=f"{waiting} who wait")


@pytest.fixture
def oracle() -> Oracle:
    return Oracle()


def ask_one_and_two_more(oracle: Oracle, threads: ThreadPoolExecutor) -> list[Future[str]]:
    asked = [threads.submit(oracle.asks.ask, "a")]
    wait_until(lambda: bool(oracle.rounds), seconds=5, what="a round")
    for number, question in enumerate("bc", 1):
        asked.append(threads.submit(oracle.asks.ask, question))
        oracle.wait_for(number)
    return asked


def test_who_comes_during_a_round_goes_in_the_next_with_all_others(oracle: Oracle) -> None:
    with ThreadPoolExecutor() as threads:
        asked = ask_one_and_two_more(oracle, threads)
        oracle.may_answer.release(2)
        assert [each.result(timeout=5) for each in asked] == ["A", "B", "C"]
    assert oracle.rounds == [["a"], ["b", "c"]]
    oracle.may_answer.release()
    assert oracle.asks.ask("d") == "D"


def test_a_round_that_fails_fails_for_all_who_wait_and_for_nobody_later(oracle: Oracle) -> None:
    oracle.faults = [ConnectionError("gone")]
    with ThreadPoolExecutor() as threads:
        asked = ask_one_and_two_more(oracle, threads)
        oracle.may_answer.release()
        for each in asked:
            with pytest.raises(ConnectionError, match="gone"):
                each.result(timeout=5)
    assert oracle.rounds == [["a"]]
    oracle.may_answer.release()
    assert oracle.asks.ask("d") == "D"


def test_who_has_waited_for_longer_than_their_patience_is_not_asked_for() -> None:
    oracle = Oracle(patience=0.1)
    with ThreadPoolExecutor() as threads:
        asked = ask_one_and_two_more(oracle, threads)
        for each in asked[1:]:
            with pytest.raises(Overdue):
                each.result(timeout=5)
        oracle.may_answer.release()
        assert asked[0].result(timeout=5) == "A"
    assert oracle.rounds == [["a"]]


def test_who_is_asked_for_waits_for_the_answer_whatever_their_patience() -> None:
    oracle = Oracle(patience=2)
    with ThreadPoolExecutor() as threads:
        asked = ask_one_and_two_more(oracle, threads)
        oracle.may_answer.release()
        wait_until(lambda: len(oracle.rounds) == 2, seconds=5, what="a second round")
        time.sleep(2.2)
        oracle.may_answer.release()
        assert [each.result(timeout=5) for each in asked] == ["A", "B", "C"]


def test_with_patience_a_round_that_fails_is_no_part_of_who_waits() -> None:
    oracle = Oracle(patience=5)
    oracle.faults = [ConnectionError("gone")]
    with ThreadPoolExecutor() as threads:
        asked = ask_one_and_two_more(oracle, threads)
        oracle.may_answer.release(2)
        with pytest.raises(ConnectionError, match="gone"):
            asked[0].result(timeout=5)
        assert [each.result(timeout=5) for each in asked[1:]] == ["B", "C"]


def test_when_a_thread_ends_in_its_round_the_others_ask_once_more(oracle: Oracle) -> None:
    with ThreadPoolExecutor() as threads:
        asked = ask_one_and_two_more(oracle, threads)
        oracle.may_answer.release()
        asked[0].result(timeout=5)
        wait_until(lambda: len(oracle.rounds) == 2, seconds=5, what="a second round")
        oracle.faults = [KeyboardInterrupt()]
        oracle.may_answer.release(2)
        with pytest.raises(KeyboardInterrupt):
            asked[1].result(timeout=5)
        assert asked[2].result(timeout=5) == "C"
    assert oracle.rounds == [["a"], ["b", "c"], ["c"]]


def test_each_of_many_gets_the_answer_to_its_own_question() -> None:
    rounds = Rounds[int, int](lambda questions: [-each for each in questions])
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(rounds.ask, range(5000))) == [-each for each in range(5000)]
