"""The page that Prometheus reads: what the processes here have counted, and how things stand for all."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from metrics import counted
from models import presence
from models.errors import Unavailable
from models.figures import COUNTED_NOTICES, Figures, PatientReader
from models.task_kinds import ENDED, Kind, Status

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
UNFINISHED = [status for status in Status if status not in ENDED]
_reader = PatientReader()


def exposition() -> bytes:
    """All that there is to tell; of a store that is away, only that it is."""
    return generate_latest(_Everything())


class _Everything(Collector):
    def collect(self) -> Iterable[Metric]:
        yield from counted.collect()
        yield from _from_redis()
        figures = _reader.read()
        yield _gauge("aerie_database_up", "Whether the database answers, in half a second.", int(figures is not None))
        if figures is not None:
            yield from _tasks(figures)
            yield from _notices(figures)


def _from_redis() -> Iterator[Metric]:
    try:
        alive = presence.alive()
    except Unavailable:
        yield _gauge("aerie_redis_up", "Whether Redis answers.", 0)
        return
    yield _gauge("aerie_redis_up", "Whether Redis answers.", 1)
    yield _gauges("aerie_workers", "Processes that work, seen within 15 seconds.", "kind", alive)


def _tasks(figures: Figures) -> Iterator[Metric]:
    labels = ("type", "status")
    unfinished = GaugeMetricFamily("aerie_tasks_unfinished", "Tasks that have not ended.", labels=labels)
    ended = CounterMetricFamily("aerie_tasks_ended", "Tasks that have ended, ever.", labels=labels)
    for kind in Kind:
        for status in UNFINISHED:
            unfinished.add_metric((kind, status), figures.unfinished.get((kind, status), 0))
        for status in sorted(ENDED):
            ended.add_metric((kind, status), figures.ended.get((kind, status), 0))
    yield unfinished
    yield ended
    ages = {kind: figures.oldest_queued.get(kind, 0.0) for kind in Kind}
    yield _gauges("aerie_task_oldest_queued_seconds", "Age of the oldest queued task.", "type", ages)


def _notices(figures: Figures) -> Iterator[Metric]:
    numbers = {status: figures.notices.get(status, 0) for status in COUNTED_NOTICES}
    yield _gauges("aerie_notices", "Notices to the counter server that have not arrived.", "status", numbers)
    yield _gauge("aerie_notice_oldest_pending_seconds", "Age of the oldest pending notice.", figures.oldest_pending)
    yield _gauge("aerie_notice_oldest_due_seconds", "How long a notice has been due, at most.", figures.oldest_due)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _gauges(name: str, text: str, label: str, values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=(label,))
    for each, value in values.items():
        family.add_metric((str(each),), value)
    return family
