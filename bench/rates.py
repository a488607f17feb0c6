"""How many requests a second, as ratios to bare Falcon on the same gunicorn."""

import argparse
import re
import shutil
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

import logs
from bench.servers import USERS, gunicorn, redis, seed
from settings import Settings

CONNECTIONS = 32
PORTS = {"aerie": "18000", "bare": "18001"}
PAGE, DEFECTS = "/users?limit=50", "/api/defects?limit=50"
# Before those that are reported meanwhile, which are all of one person.
EARLIER = f"&cursor={USERS + 1}"
# What has wrk report a defect with each request.
REPORT = Path(__file__).with_name("report.lua")


@dataclass(frozen=True)
class Row:
    """What is asked for, and by whom, if it is somebody; *script* has wrk ask otherwise than by GET."""

    name: str
    url: str
    token: str | None = None
    script: Path | None = None


def measure(data_dir: Path, options: argparse.Namespace) -> None:
    """Measure every row and print it."""
    if shutil.which("wrk") is None:
        raise SystemExit("script/bench requests needs wrk (on Debian: apt-get install wrk).")
    environment = {"DATA_DIR": str(data_dir)}
    logs.configure("error")
    with redis(data_dir):
        tokens = seed(Settings.from_env(environment))
        with (
            gunicorn(environment | {"PORT": PORTS["aerie"]}) as aerie,
            gunicorn(environment | {"PORT": PORTS["bare"]}, "bench.bare:app") as bare,
        ):
            rows = _rows(aerie, bare, tokens)
            rates: dict[str, list[float]] = {row.name: [] for row in rows}
            for _ in range(options.rounds):
                for row in rows:
                    rates[row.name].append(_rate(row, options.seconds))
    _print(rates)


def _rows(aerie: str, bare: str, tokens: dict[str, str]) -> list[Row]:
    return [
        Row("bare Falcon", f"{bare}/"),
        Row("GET / as nobody", f"{aerie}/"),
        Row("GET / with a session", f"{aerie}/", tokens["alice"]),
        Row(f"GET {PAGE} as a user", f"{aerie}{PAGE}", tokens["alice"]),
        Row(f"GET {PAGE} as an admin", f"{aerie}{PAGE}", tokens["root"]),
        Row(f"GET {DEFECTS} as a user", f"{aerie}{DEFECTS}{EARLIER}", tokens["alice"]),
        Row("POST /api/defects", f"{aerie}/api/defects", tokens["alice"], REPORT),
    ]


def _rate(row: Row, seconds: int) -> float:
    headers = ["-H", f"Authorization: Bearer {row.token}"] if row.token else []
    script = ["-s", str(row.script)] if row.script else []
    ran = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *headers, *script, row.url],
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
            f"{name:38} {statistics.median(ratios):5.2f} of bare Falcon"
            f"  ({min(ratios):.2f} to {max(ratios):.2f}; median {statistics.median(measured):,.0f} requests/s)"
        )
