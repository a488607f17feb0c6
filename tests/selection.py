"""Which tests run, as TEST_DATABASE says, and in which order: a plugin of pytest's."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.services import brokers, databases

LEFT_OUT = pytest.StashKey[int]()


SERVERS = ("tests/chaos/", "tests/system/")


class ServersInTurn(LoadScopeScheduling):
    """Of each folder of tests that start whole servers, one process runs all, first; the rest goes to who is free."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in SERVERS if nodeid.startswith(folder)), nodeid)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a TEST_DATABASE or a TEST_BROKER that there is not."""
    if fault := databases.fault_of_choice() or brokers.fault_of_choice():
        raise pytest.UsageError(fault)
    config.addinivalue_line("markers", "only(database): a test of whole servers that is about this database alone")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ServersInTurn:
    return ServersInTurn(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about the database alone that was not chosen, and count it."""
    left_out = [item for item in items if databases.is_left_out(_about(item))]
    config.stash[LEFT_OUT] = len(left_out)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _about(item: pytest.Item) -> set[str]:
    """The databases that a test is about; none where any will do."""
    about = {name for mark in item.iter_markers("only") for name in mark.args}
    callspec = getattr(item, "callspec", None)
    return about | ({callspec.params["app"]} if callspec and "app" in callspec.params else set())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Have each process of pytest-xdist tell the first one what it left out, which is the same for all."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = session.config.stash.get(LEFT_OUT, 0)


def pytest_testnodedown(node: Any, error: object) -> None:
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what was left out, which pytest-xdist doesn't."""
    if left_out := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(
            f"TEST_DATABASE={databases.CHOSEN}: {left_out} tests of the other one alone left out"
        )
