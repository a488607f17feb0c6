"""What script/soak finds fault with, and what not."""

from datetime import datetime
from typing import Any

import pytest

from bench.soak import verdict
from bench.soak.faults import Fault, serving_killed, worker_killed
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
    return [Life(name=name, pid=1, at=at, **sizes)]  # type: ignore[arg-type]


def test_what_does_not_grow_is_flat_whatever_postgres_reads() -> None:
    verdict.check_flat(looks(), lives("API") + lives("Postgres", memory=1))


@pytest.mark.parametrize("growth", [{"memory": 1.0}, {"files": 1.0}])
def test_what_grows_is_not_flat_in_all_or_in_one(growth: dict[str, float]) -> None:
    with pytest.raises(AssertionError):
        verdict.check_flat(looks(**growth), lives("API"))
    with pytest.raises(AssertionError):
        verdict.check_flat(looks(), lives("API", **growth))


def promised(*answers: tuple[float, int]) -> Promised:
    kept = Promised()
    kept.answers = [Answer(at, status, 0.01, "GET /") for at, status in answers]
    return kept


@pytest.mark.parametrize(("fault", "is_fair"), [(serving_killed, True), (worker_killed, False)])
def test_a_connection_may_break_when_who_served_it_is_killed_and_only_then(fault: Fault, is_fair: bool) -> None:
    happened = [Happened(fault, 100.0, 100.1)]
    for at, may in ((101.0, is_fair), (99.0, False), (110.0, False)):
        if may:
            verdict.check_answers(promised((at, 0)), happened)
        else:
            with pytest.raises(AssertionError):
                verdict.check_answers(promised((at, 0)), happened)


def test_nobody_may_be_answered_500() -> None:
    verdict.check_answers(promised((1, 200), (2, 503)), [])
    with pytest.raises(AssertionError):
        verdict.check_answers(promised((1, 200), (2, 500)), [])


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
