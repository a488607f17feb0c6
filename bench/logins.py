"""How many log in in a second, as a ratio to bcrypt on all cores, and what all others get meanwhile."""

import argparse
import os
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import bcrypt
import requests

import logs
from bench import wrk
from bench.figures import Figure, stop
from bench.servers import PASSWORD, gunicorn, redis, seed
from bench.storm import LONGEST, log_in, storm
from models.password import COST
from models.stores import drop_connection
from settings import Settings

PEOPLE = 8
# At one moment, more than two processes can serve within the time that a log-in may wait for its turn.
CROWD = 100


def measure(data_dir: Path, options: argparse.Namespace) -> Iterator[Figure]:
    """Measure log-ins alone, requests alone and both together, in turn, on SQLite; then a crowd."""
    wrk.require()
    environment = {"DATA_DIR": str(data_dir)}
    settings = Settings.from_env(environment)
    logs.configure("error")
    with redis(data_dir):
        token = seed(settings)["alice"]
        drop_connection()
        with gunicorn(environment) as url:
            yield from _measure_storm(url, token, options)
            yield from _measure_crowd(url, options.rounds)


def _measure_storm(url: str, token: str, options: argparse.Namespace) -> Iterator[Figure]:
    """A B C D, each for so many seconds: bcrypt, log-ins, requests, and requests with log-ins."""
    calm = wrk.Request("GET / with a session", f"{url}/", "Hello alice", token)
    stormy = wrk.Request(f"GET / while {PEOPLE} log in", f"{url}/", "Hello alice", token)
    answers: wrk.Answers = {calm: [], stormy: []}
    turns = [_take_turns(url, calm, stormy, answers, options.seconds) for _ in range(options.rounds)]
    raw, alone, meanwhile, put_off = (list(each) for each in zip(*turns, strict=True))
    bare: dict[str, Any] = {"unit": "/s", "base": f"bcrypt on {_cores()} cores", "base_rounds": raw}
    yield Figure(name=f"{PEOPLE} who log in", rounds=alone, more={"put off": sum(put_off)}, goal="≥ 0.75", **bare)
    yield wrk.figure(calm, None, answers)
    yield wrk.figure(stormy, calm, answers, goal="≥ 0.6, p99 ≤ 25 ms")
    yield Figure(name=f"{PEOPLE} who log in meanwhile", rounds=meanwhile, **bare)


def _take_turns(
    url: str, calm: wrk.Request, stormy: wrk.Request, answers: wrk.Answers, seconds: int
) -> tuple[float, float, float, int]:
    """Passwords a second, log-ins alone and with requests, and how many were put off."""
    raw = _raw(seconds)
    with storm(url, PEOPLE) as first:
        alone = first.rate(seconds)
    answers[calm].append(wrk.ask(calm, seconds))
    with storm(url, PEOPLE) as second:
        before, start = second.done, time.perf_counter()
        answers[stormy].append(wrk.ask(stormy, seconds))
        meanwhile = (second.done - before) / (time.perf_counter() - start)
    return raw, alone, meanwhile, first.put_off + second.put_off


def _raw(seconds: int) -> float:
    """Passwords that are compared in a second, by a thread for each core: bcrypt lets go of the interpreter."""
    known = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(COST))
    start = time.perf_counter()

    def compare() -> int:
        times = 0
        while time.perf_counter() < start + seconds:
            bcrypt.checkpw(PASSWORD.encode(), known)
            times += 1
        return times

    with ThreadPoolExecutor(_cores()) as threads:
        done = sum(each.result() for each in [threads.submit(compare) for _ in range(_cores())])
    return done / (time.perf_counter() - start)


def _measure_crowd(url: str, rounds: int) -> Iterator[Figure]:
    """Many at one moment, once each: who would wait too long is put off; and how long anybody else waits meanwhile."""
    took, put_off, besides = zip(*(_crowd(url) for _ in range(rounds)), strict=True)
    yield Figure(
        name=f"{CROWD} who log in at one moment, all answered in",
        unit="s",
        rounds=list(took),
        more={"put off": statistics.median(put_off)},
        goal="put off with Retry-After",
    )
    yield Figure(name="the slowest GET / as nobody meanwhile", unit="s", rounds=list(besides))


def _crowd(url: str) -> tuple[float, int, float]:
    """The seconds that it takes, how many are put off, and the seconds of the slowest GET / meanwhile."""
    start, slowest = time.perf_counter(), 0.0
    with ThreadPoolExecutor(CROWD) as crowd:
        each = [crowd.submit(log_in, url, number) for number in range(CROWD)]
        while not all(one.done() for one in each):
            slowest = max(slowest, _hello(url))
    return time.perf_counter() - start, sum(one.result() != 201 for one in each), slowest


def _hello(url: str) -> float:
    """In seconds, over a connection of its own, a moment after whatever was before."""
    time.sleep(0.01)
    start = time.perf_counter()
    if requests.get(url, timeout=LONGEST).status_code != 200:
        stop("GET / was refused while a crowd logged in.")
    return time.perf_counter() - start


def _cores() -> int:
    return len(os.sched_getaffinity(0))
