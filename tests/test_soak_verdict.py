"""What script/soak finds fault with, and what not."""

from contextlib import nullcontext
from datetime import datetime
from typing import Any

import pytest

from bench.soak import verdict
from bench.soak.faults import Fault, redis_frozen, serving_killed, worker_killed
from bench.soak.flat import OURS, check_flat
from bench.soak.lateness import lateness
from bench.soak.looks import Life, Look
from bench.soak.people import Answer, Promised
from bench.soak.scene import Happened

MINUTES = 30
EVERY_TEN_SECONDS = range(0, MINUTES * 60, 10)


def looks(*, memory: float = 0.0, files: float = 0.0) -> list[Look]:
    """A soak in which the API has 100 MB and 20 files at first, and grows by so much a minute."""
    return [
        Look(
            at=at, memory={"API": 100 + memory * at / 60, "Postgres": 100.0 + at},
            files={"API": 20 + int(files * at / 60)}, rows={}, answered=0, put_off=0, broken=0, p95=0.0,
        )
        for at in EVERY_TEN_SECONDS
    ]  # fmt: skip


def lives(name: str, *, memory: float = 0.0, files: float = 0.0) -> list[Life]:
    """A process that begins with 50 MB and 10 files, and grows by so much a minute."""
    at = [float(each) for each in EVERY_TEN_SECONDS]
    grown = [each / 60 for each in at]
    sizes = {"memory": [50 + memory * each for each in grown], "files": [10 + int(files * each) for each in grown]}
    return [Life(name=name, pid=1, works=True, at=at, **sizes)]  # type: ignore[arg-type]


REST = [life for name in OURS - {"API"} for life in lives(name)]


def test_what_does_not_grow_is_flat_whatever_postgres_reads() -> None:
    check_flat(looks(), lives("API") + REST + lives("Postgres", memory=1))


@pytest.mark.parametrize("growth", [{"memory": 1.0}, {"files": 1.0}])
def test_what_grows_is_not_flat_in_all_or_in_one(growth: dict[str, float]) -> None:
    with pytest.raises(AssertionError, match="'all'"):
        check_flat(looks(**growth), lives("API") + REST)
    with pytest.raises(AssertionError, match="API 1"):
        check_flat(looks(), lives("API", **growth) + REST)


@pytest.mark.parametrize("life", [[], [Life(name="API", pid=1, works=False, at=[0.0, 1800.0])]], ids=["none", "parent"])
def test_who_lived_too_short_to_be_judged_and_who_does_no_work_speak_for_nobody(life: list[Life]) -> None:
    with pytest.raises(AssertionError, match="nobody lived"):
        check_flat(looks(), life + REST)


def answers(*told: tuple[float, int], took: float = 0.01, asked: str = "GET /") -> list[Answer]:
    return [Answer(at, status, took, asked) for at, status in told]


@pytest.mark.parametrize(
    ("status", "fault", "is_fair"),
    [(0, serving_killed, True), (0, worker_killed, False), (503, redis_frozen, True), (503, serving_killed, False)],
)
def test_connections_break_and_people_are_put_off_where_a_fault_is_a_reason_and_only_then(
    status: int, fault: Fault, is_fair: bool
) -> None:
    happened = [Happened(fault, 100.0, 100.1)]
    for at, may in ((101.0, is_fair), (99.0, False), (110.0, False)):
        with nullcontext() if may else pytest.raises(AssertionError):
            verdict.check_answers(answers((at, status)), happened)


def test_nobody_may_be_answered_500_or_wait_long_but_for_a_password() -> None:
    verdict.check_answers(answers((1, 200)), [])
    verdict.check_answers(answers((1, 200)) + answers((2, 201), took=9, asked="log-in"), [])
    for told in (answers((1, 200), (2, 500)), answers((1, 200), (2, 200), took=9)):
        with pytest.raises(AssertionError):
            verdict.check_answers(told, [])


def test_between_two_faults_people_must_be_served() -> None:
    happened = [Happened(redis_frozen, 100.0, 110.0), Happened(worker_killed, 160.0, 160.1)]
    verdict.check_healed(answers(*((120.0, 200),) * 100), happened)
    with pytest.raises(AssertionError):
        verdict.check_healed(answers(*((120.0, 401),) * 100, *((90.0, 200),) * 100), happened)


def test_what_was_acknowledged_and_is_not_there_is_missed() -> None:
    promised = Promised()
    promised.tasks = ["a", "b"]
    there: dict[str, set[object]] = {"users": {1}, "tasks": {"a", "b", "c"}, "reported": set(), "deleted": set()}
    assert verdict.check_kept(promised, there) == 2
    with pytest.raises(AssertionError, match="tasks"):
        verdict.check_kept(promised, there | {"tasks": {"a", "c"}})


class Rows:
    """A database with one delay of two seconds that ended half a second late, and nothing else."""

    on_sqlite = True

    def __call__(self, sql: str) -> list[Any]:
        row = ("2026-11-23T10:00:00.000000Z", "2026-11-23T10:00:02.500000Z", '{"seconds":2}')
        return [row] if "'delay'" in sql else []


def test_a_delay_is_late_by_what_it_took_beyond_its_time() -> None:
    late = lateness(Rows(), datetime.fromisoformat("2026-11-23T09:59:00Z"))
    assert [(each.at, each.latest) for each in late["delays"]] == [(60, 0.5)]
    assert late["notices"] == []
