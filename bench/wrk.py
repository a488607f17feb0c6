"""Requests as fast as they are answered, over connections that are kept: what wrk makes of them."""

import re
import shutil
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

import requests

from bench.figures import Figure, stop

CONNECTIONS = 32
# Whoever waits for two seconds is no fault, which wrk would take it for.
WATCH = ("--latency", "--timeout", "30s")
MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}


@dataclass(frozen=True)
class Request:
    """What is asked for, by whom, if it is somebody, and what must be in the answer.

    *script* has wrk ask otherwise than by GET; what is answered then has no *part* that is looked for.
    """

    name: str
    url: str
    part: str
    token: str | None = None
    script: Path | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Who asks."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


@dataclass(frozen=True)
class Answered:
    """How many a second, and in how many milliseconds half of them and 99 of 100."""

    rate: float
    p50: float
    p99: float


def require() -> None:
    """End the bench if there is no wrk."""
    if shutil.which("wrk") is None:
        stop("wrk is missing, which sends the requests (on Debian: apt-get install wrk).")


def ask(request: Request, seconds: int) -> Answered:
    """See that the answer is right, and ask for it for so long; answers that refuse end the bench."""
    if request.script is None:
        _check(request)
    headers = [part for name, value in request.headers.items() for part in ("-H", f"{name}: {value}")]
    script = ["-s", str(request.script)] if request.script else []
    ran = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *WATCH, *headers, *script, request.url],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode or "Non-2xx" in ran.stdout or "Socket errors" in ran.stdout:
        stop(f"{request.name} was refused, so this measures nothing:\n{ran.stdout}{ran.stderr}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", ran.stdout)
    if rate is None:
        stop(f"wrk says no rate:\n{ran.stdout}")
    return Answered(float(rate[1]), _percentile(50, ran.stdout), _percentile(99, ran.stdout))


Answers = dict[Request, list[Answered]]


def figure(
    request: Request, base: Request | None, answers: Answers, *, base_name: str | None = None, goal: str = ""
) -> Figure:
    """The rate of a request, as a ratio to another's if there is one."""
    own = answers[request]
    return Figure(
        name=request.name,
        unit="requests/s",
        rounds=[each.rate for each in own],
        base=base_name or (base.name if base else None),
        base_rounds=[each.rate for each in answers[base]] if base else None,
        more={
            "p50 ms": statistics.median(each.p50 for each in own),
            "p99 ms": statistics.median(each.p99 for each in own),
        },
        goal=goal,
    )


def _check(request: Request) -> None:
    answer = requests.get(request.url, headers=request.headers, timeout=10)
    if answer.status_code != 200 or request.part not in answer.text:
        stop(f"{request.name} was answered {answer.status_code}: {answer.text[:200]}")


def _percentile(percent: int, said: str) -> float:
    found = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)\s*$", said, re.MULTILINE)
    if found is None:
        stop(f"wrk says no latency:\n{said}")
    return float(found[1]) * MILLISECONDS[found[2]]
