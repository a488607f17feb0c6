"""What a scrape says, read by the client library's own parser."""

from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from api.app import PAGES, ROUTES
from metrics.counted import BUCKETS
from models.notification_document import NoticeStatus
from models.presence import KINDS
from models.refusals import Reason
from models.task_kinds import Kind, Status

# All that may ever stand in a label.
VALUES: dict[str, set[str]] = {
    "method": {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "other"},
    "route": {*ROUTES, *PAGES, "other"},
    "status": {str(number) for number in range(200, 505)} | set(Status) | set(NoticeStatus),
    "le": {str(float(each)) for each in BUCKETS} | {"+Inf"},
    "reason": set(Reason),
    "type": set(Kind),
    "kind": set(KINDS),
}


class Scrape:
    """The samples of one page, each of which is there once."""

    def __init__(self, text: str) -> None:
        families = list(text_string_to_metric_families(text))
        names = [family.name for family in families]
        assert len(set(names)) == len(names)
        assert all(family.documentation and family.type != "unknown" for family in families)
        self.samples: list[Sample] = [sample for family in families for sample in family.samples]
        series = [(sample.name, *sorted(sample.labels.items())) for sample in self.samples]
        assert len(set(series)) == len(series)

    def value(self, name: str, **labels: str) -> float:
        """What one series says, or none."""
        found = [each.value for each in self.samples if each.name == name and each.labels == labels]
        return found[0] if found else 0.0

    def sum(self, name: str, **labels: str) -> float:
        """What all series with these labels, and any others, make together."""
        return sum(each.value for each in self.samples if each.name == name and labels.items() <= each.labels.items())

    def names(self) -> set[str]:
        """What there are series of."""
        return {sample.name for sample in self.samples}

    def strangers(self) -> set[tuple[str, str]]:
        """Labels whose values are none that are known beforehand."""
        return {
            (label, value)
            for sample in self.samples
            for label, value in sample.labels.items()
            if value not in VALUES[label]
        }


def scrape(api: Any) -> Scrape:
    """Read the metrics of a client's application."""
    return Scrape(api.get("/metrics", status=200).text)
