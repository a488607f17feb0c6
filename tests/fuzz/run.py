"""One actor's run over a server of its own, from its start to a look at what is left."""

from tests.chaos.house import House
from tests.chaos.invariants import note_changes
from tests.fuzz.actor import Actor
from tests.fuzz.afterwards import look
from tests.fuzz.asking import ask
from tests.fuzz.report import Report
from tests.services.postgres import end_server


def run(actor: Actor, *, cases: int, seed: int) -> Report:
    """One actor's run over a server of its own, and what must hold after it."""
    try:
        with House(server="tests.fuzz.server", WEB_CONCURRENCY="1", TRUSTED_PROXIES="127.0.0.1") as house:
            house.is_checked = False  # what is wrong with it goes into the report
            note_changes(house.ask_database)
            report = ask(house, actor, cases=cases, seed=seed)
            look(house, report)
            return report
    finally:
        end_server()
