"""What a task costs from its POST to its end, how many end in a second, and how late delays are."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from dramatiq.brokers.redis import RedisBroker

import logs
from bench.crowds import measure_lateness, measure_throughput
from bench.figures import Figure
from bench.servers import redis, sign_in
from bench.trips import measure_trips
from models.schema import migrate
from models.stores import connect, drop_connection
from settings import Settings
from workers.sending import send


def measure(data_dir: Path, options: argparse.Namespace) -> Iterator[Figure]:
    """Measure round trips, throughput and lateness on SQLite."""
    environment = {"DATA_DIR": str(data_dir)}
    settings = Settings.from_env(environment)
    logs.configure("error")
    with redis(data_dir):
        connect(settings, send=send)
        migrate()
        token = sign_in()["root"]
        bare = RedisBroker(url=settings.redis_url, namespace="bare")  # type: ignore[no-untyped-call]
        yield from measure_trips(environment, token, bare, options.rounds)
        yield measure_throughput(environment, bare, options.rounds)
        yield measure_lateness(environment, options.rounds)
        drop_connection()
