"""What this process counts: requests, and log-ins that were refused. Labels have few values, whatever clients send."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, values
from prometheus_client.multiprocess import MultiProcessCollector

from metrics import slots
from models.refusals import Reason

_folder = os.environ.get(slots.FOLDER_VARIABLE)
# Before the first metric is made. A process that has no slot counts, and nobody hears of it.
values.ValueClass = (
    values.MultiProcessValue(process_identifier=lambda: slots.entered[-1])  # type: ignore[no-untyped-call]
    if slots.entered
    else values.MutexValue
)
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]

METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
OTHER = "other"
# In seconds. Prefer: wait holds an answer for up to thirty.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

_here = CollectorRegistry()
_requests = Counter(
    "aerie_requests_total", "Requests that were answered.", ("method", "route", "status"), registry=_here
)
_seconds = Histogram(
    "aerie_request_seconds", "From a request's arrival to its answer.", ("route",), buckets=BUCKETS, registry=_here
)
_refused = Counter("aerie_logins_refused_total", "Log-ins that were refused.", ("reason",), registry=_here)
# There from the beginning, so that the first is an increase.
_refusals = {reason: _refused.labels(reason) for reason in Reason}


class _Counted(NamedTuple):
    requests: Counter
    seconds: Histogram


_by_labels: dict[tuple[str, str, int], _Counted] = {}


def count_request(method: str, route: str | None, status: int, seconds: float) -> None:
    """Count a request by its route's template; None is for what leads nowhere."""
    labels = (method if method in METHODS else OTHER, route or OTHER, status)
    counted = _by_labels.get(labels)
    if counted is None:
        counted = _by_labels[labels] = _Counted(_requests.labels(*labels), _seconds.labels(labels[1]))
    counted.requests.inc()
    counted.seconds.observe(seconds)


def count_refusal(reason: str) -> None:
    """Count a log-in that was refused."""
    _refusals[Reason(reason)].inc()


def collect() -> Iterable[Metric]:
    """What all processes of this gunicorn have counted; without one, this process."""
    if _folder is None:
        return _here.collect()
    metrics: Iterable[Metric] = MultiProcessCollector.merge(  # type: ignore[no-untyped-call]
        [str(file) for file in Path(_folder).glob("*.db")]
    )
    return metrics
