"""script/scale measures what every part takes for each kind of request, and what comes out of a mix."""

import subprocess
import sys
from pathlib import Path

from bench.scale import record
from bench.scale.mix import SHARES, Deed

ROOT = Path(__file__).resolve().parents[1]


def test_every_kind_and_the_mix_are_measured(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    command = [sys.executable, "-m", "bench.scale", "measure", "--hurry", "0.05", "--record", str(file)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    measured = record.load(file)
    assert measured.costs.keys() == SHARES.keys()
    # The kernel counts in hundredths of a second: of what is seldom it may tell nothing in so short a time.
    often = [measured.costs[deed].full for deed in (Deed.READ, Deed.LIST, Deed.REPORT, Deed.DELAY)]
    assert all(used["API"] > 0 and used["Postgres"] > 0 for used in often)
    # A hash of bcrypt's, and a Deno, whatever else: seconds of a processor.
    assert 0.05 < measured.costs[Deed.LOG_IN].full["API"] < 5
    assert 0.005 < measured.costs[Deed.JAVASCRIPT].full["Deno"] < 5
    assert all(cost.written > 0 for deed, cost in measured.costs.items() if deed not in (Deed.READ, Deed.LIST))
    assert measured.at_one.followed.keys() == {Deed.REPORT, Deed.DELAY, Deed.JAVASCRIPT}
    assert min(measured.most.rate, measured.at_two.rate) > measured.at_one.rate > 0
