"""How long until the counter server has heard of a defect, and how many notices it gets in a second."""

import argparse
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from queue import Empty

from dramatiq.brokers.redis import RedisBroker

import logs
from bench.bare_messages import LONGEST, message
from bench.compared import Compared, Trip
from bench.counter import Counter, counter
from bench.crowds import AT_A_TIME, against_dramatiq, messages_in, rate
from bench.figures import Figure, stop
from bench.servers import bare_dramatiq, bare_falcon, gunicorn, program, redis, sign_in
from bench.trips import get, post
from models.defect import Defect
from models.defect_document import NewDefect
from models.notification import Notification
from models.notification_document import NoticeStatus
from models.schema import migrate
from models.stores import connect, database, drop_connection
from models.user import User
from settings import Settings
from workers.sending import send

PENDING = 3000
# In seconds: by then what was told is recorded too.
REST = 0.05


def measure(data_dir: Path, options: argparse.Namespace) -> Iterator[Figure]:
    """Measure trips and throughput on SQLite."""
    logs.configure("error")
    with redis(data_dir), counter() as server:
        environment = {"DATA_DIR": str(data_dir), "COUNTER_URL": server.url}
        settings = Settings.from_env(environment)
        connect(settings, send=send)
        migrate()
        token = sign_in()["alice"]
        yield _measure_trips(environment, token, server, options.rounds)
        yield _measure_throughput(environment, settings, server, options.rounds)
        drop_connection()


def _measure_trips(environment: dict[str, str], token: str, server: Counter, rounds: int) -> Figure:
    """One at a time, to workers that have nothing else to do."""
    with ExitStack() as started:
        aerie = started.enter_context(gunicorn(environment))
        falcon = started.enter_context(bare_falcon(Path(environment["DATA_DIR"])))
        for name in ("worker", "scheduler"):
            started.enter_context(program(name, environment))
        row = Compared(
            "POST to its notice", _report(aerie, token, server), "bare Falcon's hello", get(falcon), rest=REST
        )
        row.trip()
        row.base()
        for _ in range(rounds):
            row.go()
    return row.figure()


def _report(url: str, token: str, server: Counter) -> Trip:
    """Report a defect, and wait until the counter server has the notice of it."""
    report = post(url, "/api/defects", token, {"comment": "The lamp is out."})

    def hear() -> None:
        document = report()
        if "id" not in document:
            stop(f"a defect was refused: {document}")
        try:
            server.come.get(timeout=LONGEST)
        except Empty:
            stop(f"no notice came within {LONGEST} s.")

    return hear


def _measure_throughput(environment: dict[str, str], settings: Settings, server: Counter, rounds: int) -> Figure:
    """Many notices, all there before the first worker starts; against as many requests from bare Dramatiq."""
    bare = RedisBroker(url=settings.redis_url, namespace="bare")  # type: ignore[no-untyped-call]
    rates: list[float] = []
    bare_rates: list[float] = []
    for _ in range(rounds):
        before = len(server.keys)
        _report_many()
        with program("scheduler", environment), program("worker", environment):
            rates.append(rate(partial(_unheard, server, before), PENDING))
            _wait_for_all()
        for _ in range(PENDING):
            bare.enqueue(message("tell", server.url))
        with bare_dramatiq(environment):
            bare_rates.append(rate(messages_in(bare, "bare:default"), PENDING))
    return against_dramatiq(f"{PENDING:,} notices", "notices/s", rates, bare_rates)


def _unheard(server: Counter, before: int) -> int:
    return before + PENDING - len(server.keys)


def _report_many() -> None:
    """Some in each transaction."""
    alice = User.get(User.username == "alice")
    for _ in range(0, PENDING, AT_A_TIME):
        with database.atomic():
            for _ in range(AT_A_TIME):
                Defect.report(NewDefect(comment="The lamp is out."), by=alice)


def _wait_for_all() -> None:
    give_up = time.monotonic() + LONGEST
    while Notification.select().where(Notification.status != NoticeStatus.DELIVERED).exists():
        if time.monotonic() > give_up:
            stop(f"not all notices were delivered within {LONGEST} s.")
        time.sleep(0.1)
