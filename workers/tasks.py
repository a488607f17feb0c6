"""Works on a task: claims it, does what its type asks for, and ends it once."""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import msgspec

import logs
from models.stores import DATABASE_FAULTS, check_connection, drop_connection, opened
from models.task import Task
from models.task.row import LEASE, MOST_DEATHS
from models.task_kinds import Kind
from workers import javascript
from workers.javascript import Outcome

BEATS_EVERY = timedelta(seconds=5)
# Well before a lease ends, so that nobody works on what another may have begun: to ask the database may take 5 s, too.
LETS_GO_BEFORE = timedelta(seconds=8)
# In seconds.
TRIES_AGAIN_AFTER = 0.5

# Set when this process is to end: what can't end soon is left to another.
stopping = threading.Event()
_last_chances = threading.Lock()


def run(task_id: str, *, kinds: Collection[Kind] = frozenset(Kind)) -> None:
    """Work on a task, if it is there to be begun, and of the kinds that this process is for.

    Whoever can write messages or rows, as what has broken out of a sandbox may, is not to have code run by a process
    that has the secrets of all.
    """
    check_connection()
    try:
        with _alone_if_last(task_id) as may_begin:
            task = Task.claim(task_id) if may_begin else None
            if task is not None and task.type not in kinds:
                logs.warning("task of other workers", task=task.id, type=task.type)
                task.hand_back()
            elif task is not None:
                logs.request_id.set(task.request_id)
                logs.info("task begun", task=task.id, type=task.type, attempt=task.attempt)
                RUNNERS[Kind(task.type)](task)
    except DATABASE_FAULTS as fault:
        # The row says what is to do; when its lease ends, or its message is due again, somebody does it.
        drop_connection()
        logs.warning("task left", task=task_id, fault=type(fault).__name__)
    finally:
        logs.request_id.set(None)


@contextmanager
def _alone_if_last(task_id: str) -> Iterator[bool]:
    """Whether to begin it now: of those whose workers died twice, one may be why, so no two of them run together.

    Whichever must wait is sent again in some seconds.
    """
    task = Task.by_id.find(task_id)
    if task is None or task.deaths < MOST_DEATHS - 1:
        yield True
    elif _last_chances.acquire(blocking=False):
        try:
            yield True
        finally:
            _last_chances.release()
    else:
        yield False


def _leave_to_time(task: Task) -> None:
    """Nobody works on a delay: the scheduler ends it."""


def _run_javascript(task: Task) -> None:
    try:
        outcome = javascript.evaluate(
            task.params["code"],
            seconds=opened.settings.js_timeout,
            memory_mb=opened.settings.js_memory_mb,
            stop=lambda: _must_stop(task),
        )
    except OSError as fault:
        # No process, no memory or no file for it, which is not its fault: somebody else may have them.
        logs.warning("sandbox not started", task=task.id, fault=type(fault).__name__)
        time.sleep(TRIES_AGAIN_AFTER)
        _insistently(task, lambda: task.hand_back() or task.confirm_stopped([]))
    else:
        _insistently(task, lambda: _end(task, outcome))


def _end(task: Task, outcome: Outcome) -> bool:
    """Write what became of it; if it was cancelled, at the last moment too, it has stopped and that is all."""
    lines = msgspec.to_builtins(outcome.logs)
    if outcome.stopped:
        ended = stopping.is_set() and task.hand_back()
    elif outcome.error is None:
        ended = task.finish(outcome.result, lines)
    else:
        ended = task.fail(msgspec.to_builtins(outcome.error), lines)
    return ended or task.confirm_stopped(lines)


def _must_stop(task: Task) -> bool:
    """Whether a task is not wanted any more, or not from this process; keeps its lease if it is."""
    if stopping.is_set():
        return True
    try:
        if datetime.now(UTC) < task.lease_until - LEASE + BEATS_EVERY:
            return not task.is_wanted()
        return not task.heartbeat()
    except DATABASE_FAULTS:
        drop_connection()
        return _may_be_lost(task)


def _may_be_lost(task: Task) -> bool:
    """Whether its lease may end before one can say that one is alive."""
    return bool(datetime.now(UTC) > task.lease_until - LETS_GO_BEFORE)


def _insistently(task: Task, end: Callable[[], object]) -> None:
    """Write how it ended; if the database is away, again and again for as long as the task is one's own."""
    while True:
        try:
            check_connection()
            end()
            return
        except DATABASE_FAULTS:
            drop_connection()
        if _may_be_lost(task):
            return
        time.sleep(TRIES_AGAIN_AFTER)


RUNNERS: dict[Kind, Callable[[Task], None]] = {Kind.DELAY: _leave_to_time, Kind.JAVASCRIPT: _run_javascript}
