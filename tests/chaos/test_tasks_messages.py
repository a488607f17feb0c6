"""Messages that are never sent, sent by many, or delivered again: the row alone says what is to do."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from models.stores import Message, connect, drop_connection, opened
from models.task import Task
from models.task_kinds import Kind, NewDelay, NewJavaScript
from models.user import User
from settings import Settings
from tests.chaos.crew import JAVASCRIPT, ROOT, SCHEDULER, WORKER, Crew
from tests.chaos.invariants import ask_here, check, forget_changes, note_changes, wait_for_the_end
from tests.length import at_length
from tests.marks import on_both_brokers, on_redis
from tests.people import Person
from tests.services import brokers
from tests.services.brokers import of_a_server, one_rabbitmq
from tests.services.databases import OF_SERVERS
from tests.services.processes import wait_until
from workers.sending import QUEUES

SCRIPT = NewJavaScript(code="6 * 7")
CRASHES, ROWS, REPEATED = 100, 500, at_length(100, 1_000)
# In seconds. What was not sent is sent after 5, and what runs then needs its own time.
ENDS_WITHIN = at_length(20, 60)
MEMORY_MB = 199


@pytest.fixture(params=[brokers.OF_SERVERS])
def broker(request: pytest.FixtureRequest, stores: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables that name it, which are this process' settings, too."""
    variables = of_a_server(request.param)
    monkeypatch.setattr(opened, "settings", replace(opened.settings, broker_url=variables.get("BROKER_URL")))
    return variables


@pytest.fixture
def environment(broker: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """Of processes that share our stores; the database notes what becomes of tasks."""
    settings = opened.settings
    note_changes(ask_here)
    yield {
        **broker,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": settings.secret_key,
        "JS_MEMORY_MB": str(MEMORY_MB),
    }
    forget_changes(ask_here)


@pytest.fixture
def crew(environment: dict[str, str], tmp_path: Path) -> Iterator[Crew]:
    with Crew(environment, tmp_path / "crew.log") as running:
        yield running


def ids() -> list[str]:
    return [row[0] for row in ask_here("SELECT id FROM task")]


def check_all(log: str) -> None:
    check(ask_here, ids(), log=log, memory_mb=MEMORY_MB)
    assert ask_here("SELECT DISTINCT status FROM task") == [("succeeded",)]


def are_taken() -> bool:
    """Whether no message waits for a worker."""
    if opened.settings.broker_url is not None:
        return not any(map(one_rabbitmq().number, (Kind.DELAY, Kind.JAVASCRIPT)))
    return not messages(Kind.DELAY) + messages(Kind.JAVASCRIPT)


def messages(kind: Kind) -> Counter[str]:
    """How many messages there are of each task, in Redis."""
    kept = opened.redis.run("HVALS", f"dramatiq:{QUEUES[kind]}.msgs")
    return Counter(msgspec.json.decode(message)["args"][0] for message in kept)


def are_sent(number: int) -> bool:
    return messages(Kind.JAVASCRIPT).total() >= number


def crash(number: int, owner_id: int) -> None:
    """In a process of its own: die so often between the commit and the message."""

    def die(messages: Sequence[Message]) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    for which in range(number):
        child = os.fork()
        if not child:
            connect(Settings.from_env(), send=die)
            Task.submit(NewDelay(seconds=1) if which % 3 else SCRIPT, by=User.get_by_id(owner_id))
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@on_both_brokers
@pytest.mark.parametrize("app", [OF_SERVERS], indirect=True)
def test_what_was_committed_by_a_process_that_died_before_it_told_workers_runs(
    environment: dict[str, str], crew: Crew, root: Person
) -> None:
    """R14"""
    crashing = f"from {__name__} import crash; crash({CRASHES}, {root.id})"
    subprocess.run([sys.executable, "-c", crashing], env=environment, cwd=ROOT, check=True)
    assert len(ids()) == CRASHES
    assert are_taken(), "none was sent"
    began = time.monotonic()
    crew.start(WORKER, JAVASCRIPT, SCHEDULER)
    wait_for_the_end(ask_here, seconds=ENDS_WITHIN)
    print(f"all ended after {time.monotonic() - began:.1f} s")
    check_all(crew.log())


@on_redis
def test_of_four_schedulers_one_ends_each_delay_and_one_sends_each_message(
    crew: Crew, root: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R15"""
    monkeypatch.setattr(opened, "send", lambda messages: None)
    for _ in range(ROWS):
        Task.submit(NewDelay(seconds=0), by=root.user)
        Task.submit(SCRIPT, by=root.user)
    drop_connection()
    crew.start(*[SCHEDULER] * 4)
    scripts = [row[0] for row in ask_here("SELECT id FROM task WHERE type = 'javascript'")]
    for times in (1, 2):
        # The 5 s after which what nobody has begun is sent again.
        ask_here("UPDATE task SET send_at = created_at WHERE send_at IS NOT NULL")
        wait_until(partial(are_sent, times * ROWS), what=f"all sent {times} times")
        # Each of the four looks once more meanwhile.
        time.sleep(1.2)
        assert messages(Kind.JAVASCRIPT) == dict.fromkeys(scripts, times)
    assert ask_here("SELECT became, count(*) FROM noted GROUP BY became") == [("succeeded", ROWS)]
    ask_here("DELETE FROM task WHERE type = 'javascript'")
    check_all(crew.log())
    assert '"level":"warning"' not in crew.log(), "nobody had to wait for another"


@on_both_brokers
def test_what_is_delivered_three_times_and_later_again_is_begun_and_ended_once(
    crew: Crew, root: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R16"""
    send, sent = opened.send, list[Message]()

    def send_thrice(messages: Sequence[Message]) -> None:
        sent.extend(messages)
        for _ in range(3):
            send(messages)

    monkeypatch.setattr(opened, "send", send_thrice)
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    crew.start(WORKER, WORKER, JAVASCRIPT, JAVASCRIPT, SCHEDULER)
    for number in range(REPEATED):
        Task.submit(NewDelay(seconds=chance.uniform(0, 0.3)) if number % 5 else SCRIPT, by=root.user)
    wait_for_the_end(ask_here, seconds=ENDS_WITHIN)
    before: list[Any] = ask_here("SELECT * FROM task ORDER BY place")
    send_thrice(list(sent))
    wait_until(are_taken, what="that every message was taken")
    assert ask_here("SELECT * FROM task ORDER BY place") == before
    assert ask_here("SELECT task FROM noted WHERE became = 'running' GROUP BY task HAVING count(*) > 1") == []
    assert ask_here("SELECT DISTINCT attempt FROM task WHERE type = 'javascript'") == [(1,)]
    check_all(crew.log())


@on_redis
def test_code_is_not_run_by_workers_who_are_not_there_for_it_whatever_their_queue_says(
    crew: Crew, root: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What breaks out of a sandbox can write messages, and the type of a task: it gets no further by that."""
    with monkeypatch.context() as wrong:
        wrong.setitem(QUEUES, Kind.JAVASCRIPT, QUEUES[Kind.DELAY])
        Task.submit(NewJavaScript(code="6*7"), by=root.as_actor())
    assert messages(Kind.DELAY)
    crew.start(WORKER)
    wait_until(lambda: "task of other workers" in crew.log(), what="a worker that has looked at it")
    wait_until(lambda: ask_here("SELECT status, deaths FROM task") == [("queued", 0)], what="that it is handed back")
    assert messages(Kind.JAVASCRIPT)
    crew.start(JAVASCRIPT)
    wait_for_the_end(ask_here, seconds=ENDS_WITHIN)
    assert ask_here("SELECT status, result FROM task") == [("succeeded", "42")]
