"""`script/bench`: each row is a ratio to bare Falcon, measured A B A B in one run; never a test that can fail."""

import argparse
import re
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from bench.servers import gunicorn, redis, seed
from settings import Settings

CONNECTIONS = 32
PORTS = {"aerie": "18000", "bare": "18001"}


def main() -> None:
    """Measure every row and print it."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement (default 5)")
    parser.add_argument("--rounds", type=int, default=5, help="of A and B in turn (default 5)")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("script/bench needs wrk (on Debian: apt-get install wrk).")
    with tempfile.TemporaryDirectory(prefix="aerie-bench-") as folder:
        _measure(Path(folder), seconds=options.seconds, rounds=options.rounds)


def _measure(data_dir: Path, *, seconds: int, rounds: int) -> None:
    environment = {"DATA_DIR": str(data_dir)}
    with redis(data_dir):
        token = seed(Settings.from_env(environment))
        with (
            gunicorn(environment | {"PORT": PORTS["aerie"]}) as aerie,
            gunicorn(environment | {"PORT": PORTS["bare"]}, "bench.bare:app") as bare,
        ):
            rows = {"GET / as nobody": (aerie, None), "GET / with a session": (aerie, token)}
            rates: dict[str, list[float]] = {name: [] for name in ("bare Falcon", *rows)}
            for _ in range(rounds):
                rates["bare Falcon"].append(_rate(bare, None, seconds))
                for name, (url, bearer) in rows.items():
                    rates[name].append(_rate(url, bearer, seconds))
    _print(rates)


def _rate(url: str, token: str | None, seconds: int) -> float:
    headers = ["-H", f"Authorization: Bearer {token}"] if token else []
    ran = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *headers, f"{url}/"],
        capture_output=True,
        text=True,
        check=True,
    )
    if "Non-2xx" in ran.stdout:
        raise SystemExit(f"answers were refused, so this measures nothing:\n{ran.stdout}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", ran.stdout)
    assert found is not None, ran.stdout
    return float(found[1])


def _print(rates: dict[str, list[float]]) -> None:
    base = rates["bare Falcon"]
    for name, measured in rates.items():
        ratios = [rate / of for rate, of in zip(measured, base, strict=True)]
        print(
            f"{name:24} {statistics.median(ratios):5.2f} of bare Falcon"
            f"  ({min(ratios):.2f} to {max(ratios):.2f}; median {statistics.median(measured):,.0f} requests/s)"
        )


main()
