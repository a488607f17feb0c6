"""R38: whatever happens to tasks in whatever order, they do as a model of thirty lines does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from models.errors import TaskEnded
from models.task import Task
from models.task_kinds import NewDelay, NewJavaScript
from tests.length import at_length
from tests.people import Person

ENDS = {"succeeded", "failed", "cancelled"}
FAILURE: Any = {"code": "thrown", "name": "Error", "message": "no", "stack": ""}


class Model:
    """What a task should be: its status, its attempt, how many died of it, and whether somebody holds a lease."""

    def __init__(self, *, is_delay: bool) -> None:
        self.status, self.attempt, self.deaths, self.leased, self.is_delay = "queued", 0, 0, False, is_delay

    def claim(self) -> bool:
        if self.status != "queued":
            return False
        self.status, self.attempt, self.leased = "running", self.attempt + 1, not self.is_delay
        return True

    def end(self, status: str, attempt: int, of: str = "running") -> bool:
        if (self.status, self.attempt) != (of, attempt):
            return False
        self.status, self.leased = status, False
        return True

    def cancel(self) -> str:
        if self.status in ("queued", "running"):
            self.status = "cancelling" if self.leased else "cancelled"
        return self.status

    def expire(self) -> None:
        if self.leased:
            self.deaths += self.status == "running"
            lost = "failed" if self.deaths >= 3 else "queued"
            self.status, self.leased = "cancelled" if self.status == "cancelling" else lost, False


class Life(RuleBasedStateMachine):
    """Tasks, and whoever claimed them: each claim is kept, also after it is worth nothing."""

    owner: Person
    tasks = Bundle("tasks")
    claims = Bundle("claims")

    @initialize()
    def empty(self) -> None:
        Task.delete().execute()
        self.models: dict[str, Model] = {}
        self.ends: dict[str, Any] = {}

    @rule(target=tasks, is_delay=st.booleans())
    def submit(self, is_delay: bool) -> str:
        body = NewDelay(seconds=1000) if is_delay else NewJavaScript(code="1")
        task = Task.submit(body, by=self.owner.as_actor())
        self.models[task.id] = Model(is_delay=is_delay)
        return task.id

    @rule(target=claims, task_id=tasks)
    def claim(self, task_id: str) -> Task | None:
        task = Task.claim(task_id)
        assert (task is not None) == self.models[task_id].claim()
        return task

    @rule(mine=claims)
    def finish(self, mine: Task | None) -> None:
        if mine:
            assert mine.finish(b"1", []) == self.models[mine.id].end("succeeded", mine.attempt)

    @rule(mine=claims)
    def fail(self, mine: Task | None) -> None:
        if mine:
            assert mine.fail(FAILURE, []) == self.models[mine.id].end("failed", mine.attempt)

    @rule(mine=claims)
    def confirm_stopped(self, mine: Task | None) -> None:
        if mine:
            expected = self.models[mine.id].end("cancelled", mine.attempt, of="cancelling")
            assert mine.confirm_stopped([]) == expected

    @rule(mine=claims)
    def hand_back(self, mine: Task | None) -> None:
        if mine:
            assert mine.hand_back() == self.models[mine.id].end("queued", mine.attempt)

    @rule(mine=claims)
    def look(self, mine: Task | None) -> None:
        if mine:
            model = self.models[mine.id]
            assert mine.is_wanted() == ((model.status, model.attempt) == ("running", mine.attempt))

    @rule(task_id=tasks)
    def cancel(self, task_id: str) -> None:
        expected = self.models[task_id].cancel()
        try:
            assert Task.by_id.find(task_id).cancel(by=self.owner.as_actor()).status == expected  # type: ignore[union-attr]
        except TaskEnded:
            assert expected in ("succeeded", "failed")

    @rule(task_id=tasks)
    def lose_the_worker(self, task_id: str) -> None:
        past = datetime.now(UTC) - timedelta(seconds=1)
        Task.update(lease_until=past).where(Task.id == task_id, Task.lease_until.is_null(False)).execute()
        Task.mend_expired()
        self.models[task_id].expire()

    @rule(task_id=tasks)
    def let_time_pass(self, task_id: str) -> None:
        past = datetime.now(UTC) - timedelta(seconds=1)
        Task.update(due_at=past).where(Task.id == task_id, Task.due_at.is_null(False)).execute()
        Task.finish_due()
        model = self.models[task_id]
        if model.is_delay and model.status in ("queued", "running"):
            model.status = "succeeded"

    @invariant()
    def rows_are_as_the_model_and_ends_never_change(self) -> None:
        for task_id, model in getattr(self, "models", {}).items():
            row = Task.by_id.find(task_id)
            assert row is not None
            assert (row.status, row.attempt, row.deaths) == (model.status, model.attempt, model.deaths)
            assert (row.lease_until is not None) == model.leased
            if row.status in ENDS:
                assert self.ends.setdefault(task_id, row.__data__) == row.__data__


def test_tasks_do_as_the_model_does(root: Person) -> None:
    """R38"""
    live(root, phases=list(Phase))


def test_a_divergence_would_be_found(root: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Task, "finish", lambda *_: True)
    with pytest.raises(AssertionError):
        live(root, phases=[Phase.generate], derandomize=True)


def live(owner: Person, *, phases: list[Phase], derandomize: bool = False) -> None:
    """Live many short lives of many tasks."""
    Life.owner = owner
    few = settings(
        max_examples=at_length(60, 2_000),
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=phases,
        derandomize=derandomize,
    )
    run_state_machine_as_test(Life, settings=few)
