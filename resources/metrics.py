"""`/metrics`: what a Prometheus is to know."""

import falcon

from hooks import scraper
from hooks.scraper import Scraper
from metrics.exposition import CONTENT_TYPE, exposition
from resources import Resource


class Metrics(Resource):
    """The service in numbers."""

    @falcon.before(scraper)
    def on_get(self, req: falcon.Request, resp: falcon.Response, scraper: Scraper) -> None:
        """Read the metrics.

        In the text format of Prometheus: what all processes of this server have counted, and how things stand with
        tasks, notices and workers. Where METRICS_TOKEN is set, they are for who sends it as bearer token, which no
        token of a session is; where it is not, for who asks on the same machine and through no proxy.

        200 text: one line a series
        401: that is not METRICS_TOKEN
        403: no METRICS_TOKEN is set, and you ask from elsewhere or through a proxy
        """
        resp.content_type = CONTENT_TYPE
        resp.data = exposition()
