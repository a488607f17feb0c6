"""What must be true of a server when a run is over, whatever was asked of it."""

from tests.chaos import always
from tests.chaos.house import House
from tests.chaos.invariants import TOUCHED_AFTER_THE_END, unexpected
from tests.fuzz.report import Report


def look(house: House, report: Report) -> None:
    """Write down what is wrong with the server, its log and its database."""
    if house.status("GET", "/readyz") != 200:
        report.errors.append("The server is not ready.")
    report.errors += [f"The log says: {line}" for line in unexpected(house.log())[:10]]
    for fault, found in always.faults(house.ask_database).items():
        report.errors.append(f"{fault}: {found}")
    if found := house.ask_database(TOUCHED_AFTER_THE_END):
        report.errors.append(f"touched after its end: {found[:10]}")
