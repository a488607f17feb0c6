"""Clients who ask one thing after another while something happens to those that serve them."""

import itertools
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Event

from tests.chaos.house import House
from tests.chaos.load import Line, Said


class Clients:
    """Half of them keep their connections, half make one a request; every tenth request writes.

    They leave when they are to, or when nobody listens any more.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._enough = Event()
        self.answers: list[Said] = []
        self.failures: list[str] = []
        self.refused = 0

    def run(self, number: int) -> None:
        """Ask as one of them."""
        with closing(Line(self._house.port, self._house.token)) as line:
            for turn in itertools.count():
                if self._enough.is_set() or not self._is_served(line, turn):
                    return
                if number % 2:
                    line.close()

    def leave(self) -> None:
        """Have them stop asking."""
        self._enough.set()

    def statuses(self) -> Counter[int]:
        """How often they were told what."""
        return Counter(said.status for said in self.answers)

    def report(self) -> str:
        """How long they waited, in seconds."""
        took = sorted(said.took for said in self.answers)
        at = {f"p{part}": f"{took[len(took) * part // 100]:.3f}" for part in (50, 99)}
        return f"{len(took)} answers {at}, longest {took[-1]:.2f} s, {self.refused} refused"

    def _is_served(self, line: Line, turn: int) -> bool:
        try:
            said = line.ask("GET", "/") if turn % 10 else line.ask("POST", "/api/defects", {"comment": "restarted"})
        except ConnectionRefusedError:
            self.refused += 1
            return False
        except Exception as error:
            self.failures.append(repr(error))
            line.close()
        else:
            self.answers.append(said)
        return True


@contextmanager
def clients(house: House, number: int) -> Iterator[Clients]:
    """So many of them, asking until the end of the block."""
    asking = Clients(house)
    with ThreadPoolExecutor(number) as threads:
        running = [threads.submit(asking.run, each) for each in range(number)]
        try:
            yield asking
        finally:
            asking.leave()
    for each in running:
        each.result()
    print(asking.report())
