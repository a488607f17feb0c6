"""How many log in in a second, as a ratio to bcrypt on all cores, and what all others get meanwhile."""

import argparse
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bcrypt

import logs
from bench import wrk
from bench.figures import Figure
from bench.servers import PASSWORD, gunicorn, redis, seed
from bench.storm import log_in, storm
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
    answers: dict[wrk.Request, list[wrk.Answered]] = {calm: [], stormy: []}
    raw, logins, besides, put_off = [], [], [], 0.0
    for _ in range(options.rounds):
        raw.append(_raw(options.seconds))
        with storm(url, PEOPLE) as alone:
            logins.append(alone.rate(options.seconds))
        answers[calm].append(wrk.ask(calm, options.seconds))
        with storm(url, PEOPLE) as seen:
            before, start = seen.done, time.perf_counter()
            answers[stormy].append(wrk.ask(stormy, options.seconds))
            besides.append((seen.done - before) / (time.perf_counter() - start))
        put_off += alone.put_off + seen.put_off
    base = f"bcrypt on {_cores()} cores"
    more = {"put off": put_off}
    yield Figure(
        name=f"{PEOPLE} who log in", unit="/s", rounds=logins, base=base, base_rounds=raw, more=more, goal="≥ 0.75"
    )
    yield wrk.figure(stormy, calm, answers, goal="≥ 0.6, p99 ≤ 25 ms")
    yield Figure(name=f"{PEOPLE} who log in meanwhile", unit="/s", rounds=besides, base=base, base_rounds=raw)


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
    """Many at one moment, once each: who would wait too long is put off."""
    slowest, put_off = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        with ThreadPoolExecutor(CROWD) as crowd:
            statuses = list(crowd.map(lambda number: log_in(url, number), range(CROWD)))
        slowest.append(time.perf_counter() - start)
        put_off.append(statuses.count(429) + statuses.count(503))
    yield Figure(
        name=f"{CROWD} who log in at one moment, all answered in",
        unit="s",
        rounds=slowest,
        more={"put off at most": max(put_off)},
        goal="put off with Retry-After",
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0))
