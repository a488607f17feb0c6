"""How many requests a second, as ratios to bare Falcon on the same gunicorn."""

import argparse
import re
import shutil
import statistics
import subprocess
from pathlib import Path

from bench.servers import gunicorn, redis, seed
from settings import Settings

CONNECTIONS = 32
PORTS = {"aerie": "18000", "bare": "18001"}
PAGE = "/users?limit=50"


def measure(data_dir: Path, options: argparse.Namespace) -> None:
    """Measure every row and print it."""
    if shutil.which("wrk") is None:
        raise SystemExit("script/bench requests needs wrk (on Debian: apt-get install wrk).")
    environment = {"DATA_DIR": str(data_dir)}
    with redis(data_dir):
        tokens = seed(Settings.from_env(environment))
        with (
            gunicorn(environment | {"PORT": PORTS["aerie"]}) as aerie,
            gunicorn(environment | {"PORT": PORTS["bare"]}, "bench.bare:app") as bare,
        ):
            rows = {
                "bare Falcon": (f"{bare}/", None),
                "GET / as nobody": (f"{aerie}/", None),
                "GET / with a session": (f"{aerie}/", tokens["alice"]),
                f"GET {PAGE} as a user": (f"{aerie}{PAGE}", tokens["alice"]),
                f"GET {PAGE} as an admin": (f"{aerie}{PAGE}", tokens["root"]),
            }
            rates: dict[str, list[float]] = {name: [] for name in rows}
            for _ in range(options.rounds):
                for name, (url, token) in rows.items():
                    rates[name].append(_rate(url, token, options.seconds))
    _print(rates)


def _rate(url: str, token: str | None, seconds: int) -> float:
    headers = ["-H", f"Authorization: Bearer {token}"] if token else []
    ran = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *headers, url],
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
            f"{name:34} {statistics.median(ratios):5.2f} of bare Falcon"
            f"  ({min(ratios):.2f} to {max(ratios):.2f}; median {statistics.median(measured):,.0f} requests/s)"
        )
