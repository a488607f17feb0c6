"""Which broker the tests' workers have, as TEST_BROKER says."""

import os
from contextlib import ExitStack
from functools import cache

import pytest

from tests.services.rabbitmq import INSTALL, RabbitMQ, is_installed

REDIS, RABBITMQ = "redis", "rabbitmq"
CHOSEN = os.environ.get("TEST_BROKER") or None
# Some tests run on both unless one is chosen; all others, which would take long, on one.
OF_BOTH = (REDIS, RABBITMQ) if CHOSEN is None else (CHOSEN,)
OF_SERVERS = CHOSEN or REDIS
_running = ExitStack()


@cache
def one_rabbitmq() -> RabbitMQ:
    """The one that all tests of this process share, and that each leaves as it should be; runs until `end_rabbitmq`."""
    if not is_installed():
        pytest.fail(INSTALL) if CHOSEN == RABBITMQ else pytest.skip(INSTALL)
    return _running.enter_context(RabbitMQ())


def end_rabbitmq() -> None:
    """End it, if it runs."""
    _running.close()


def of_a_server(broker: str = OF_SERVERS) -> dict[str, str]:
    """The variables of a whole server whose broker this is, with nothing in it."""
    if broker == REDIS:
        return {}
    one_rabbitmq().forget()
    return {"BROKER_URL": one_rabbitmq().url}


def fault_of_choice() -> str | None:
    """What is wrong with TEST_BROKER, if anything is."""
    if CHOSEN in (None, REDIS, RABBITMQ):
        return None
    return f"TEST_BROKER must be {REDIS}, {RABBITMQ} or not set, not {CHOSEN!r}."
