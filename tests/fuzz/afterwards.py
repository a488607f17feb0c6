"""What must be true of a server when a run is over, whatever was asked of it."""

from tests.chaos import invariants, notices
from tests.chaos.house import House
from tests.fuzz.report import Report

# No worker runs here: no task need have ended, and no notice arrived.
OF_WORKERS = {"not ended", "ended other than once", "not delivered", "delivered, with something left to do"}
FAULTS = {fault: sql for fault, sql in (invariants.FAULTS | notices.FAULTS).items() if fault not in OF_WORKERS}


def look(house: House, report: Report) -> None:
    """Write down what is wrong with the server, its log and its database."""
    if house.status("GET", "/readyz") != 200:
        report.errors.append("The server is not ready.")
    report.errors += [f"The log says: {line}" for line in invariants.unexpected(house.log())[:10]]
    for fault, sql in FAULTS.items():
        if found := house.ask_database(sql):
            report.errors.append(f"{fault}: {found[:10]}")
    try:
        invariants.check_integrity(house.ask_database)
    except AssertionError as error:
        report.errors.append(f"The database is not whole: {error}")
