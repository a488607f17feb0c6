"""Who reads the metrics: by METRICS_TOKEN, or from this machine itself."""

from enum import Enum, auto
from typing import Any

import falcon

from hooks.client import authorization, is_local
from models import policy
from models.stores import opened


class Scraper(Enum):
    """What lets somebody read the metrics."""

    METRICS_TOKEN = auto()
    LOCAL = auto()


def scraper(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> None:
    """Hand over the `scraper`; WrongMetricsToken, or Forbidden where there is no token to know."""
    scheme, given = authorization(req)
    # Headers arrive as Latin-1, whatever they were written in.
    token = given.encode("latin-1", "replace") if scheme == "bearer" else b""
    policy.read_metrics(opened.settings, token=token, is_local=is_local(req))
    params["scraper"] = Scraper.LOCAL if opened.settings.metrics_token is None else Scraper.METRICS_TOKEN
