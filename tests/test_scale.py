"""The simulation of docs/scale.md says of this machine what was measured on it, and the page says what they say."""

from pathlib import Path

import pytest

from bench.scale import record, scales, tables
from bench.scale.compared import Row, compared
from bench.scale.mix import AT_ONE, SHARES, Deed
from bench.scale.model import Simulation
from bench.scale.plans import HERE, POSTGRES, designed

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
MEASURED = record.load()
# Simulated seconds: enough to be the same from seed to seed within some hundredths.
BRIEFLY = 10.0


@pytest.fixture(scope="module")
def beside() -> list[Row]:
    return list(compared(MEASURED))


def test_throughput_and_lateness_are_as_measured_within_a_fifth(beside: list[Row]) -> None:
    believed = [row for row in beside if row.is_believed]
    assert {row.what for row in believed} >= {"1x: all", "as many as possible", f"1x: {Deed.REPORT}, late, p50"}
    assert [row for row in believed if not 0.8 <= row.ratio <= 1.2] == []


def test_the_page_shows_what_was_measured_and_simulated(beside: list[Row]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for rows in (tables.costs(MEASURED), tables.comparison(beside), tables.carried(scales.carried(MEASURED))):
        assert "\n".join(tables.lines(rows)) in text


def test_a_seed_has_the_same_come_again_and_another_something_else() -> None:
    first, again, other = (
        Simulation(MEASURED, HERE, seed=seed).run(SHARES, BRIEFLY, rate=AT_ONE).answered for seed in (1, 1, 2)
    )
    assert first == again != other


def test_twice_the_load_has_its_machines_about_twice_as_busy() -> None:
    busy = [
        Simulation(MEASURED, designed(MEASURED, 60), seed=1).run(SHARES, 1.0, rate=AT_ONE * times).busy[POSTGRES]
        for times in (20, 40)
    ]
    assert 1.5 < busy[1] / busy[0] < 2.5


def test_more_than_a_machine_can_do_is_not_done() -> None:
    outcome = Simulation(MEASURED, HERE, seed=1).run(SHARES, BRIEFLY, rate=AT_ONE * 20)
    assert outcome.rate < AT_ONE * 15
    assert outcome.busy["machine"] == pytest.approx(1, abs=0.05)
