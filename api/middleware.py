"""What surrounds every request: its id, its log line, the headers of every answer, and that it is counted."""

import re
import time
from typing import Any

import falcon
from falcon.constants import COMBINED_METHODS

import logs
from hooks.client import address
from metrics.counted import count_request
from models.stores import check_connection

_SANE_ID = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._:-]{1,128}", re.ASCII)

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
OVER_TLS = {"Strict-Transport-Security": "max-age=31536000"}


class Surroundings:
    """Runs before routing and after the answer, whatever happens between."""

    def __init__(self, *, over_tls: bool) -> None:
        self._headers = SECURITY_HEADERS | (OVER_TLS if over_tls else {})

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Give the request its id and its start, and this thread a live database connection."""
        req.context.started = time.perf_counter()
        given = req.get_header("X-Request-ID")
        logs.request_id.set(given if given and _SANE_ID.fullmatch(given) else None)
        logs.current_request_id()
        check_connection()

    def process_resource(
        self, req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]
    ) -> None:
        """Answer 405 to methods that HTTP does not know; Falcon would answer 400."""
        if req.method not in COMBINED_METHODS:
            raise falcon.HTTPMethodNotAllowed(_methods(resource))

    def process_response(self, req: falcon.Request, resp: falcon.Response, resource: object, succeeded: bool) -> None:
        """Put the headers of every answer on this one, count it and write its log line."""
        # Falcon refuses the method WEBSOCKET before any middleware: no start then.
        started: float = req.context.get("started") or time.perf_counter()
        resp.set_headers(self._headers)
        resp.set_headers(resp.context.get("headers") or {})  # a page has its own
        resp.set_header("X-Request-ID", logs.current_request_id())
        took = time.perf_counter() - started
        count_request(req.method, req.uri_template, resp.status_code, took)
        logs.info(
            "request",
            method=req.method,
            path=req.path,
            route=req.uri_template,
            status=resp.status_code,
            ms=round(took * 1000, 1),
            user=req.context.get("actor_id"),
            address=address(req),
        )
        logs.request_id.set(None)


def _methods(resource: object) -> list[str]:
    return [name for name in COMBINED_METHODS if hasattr(resource, f"on_{name.lower()}")] + ["OPTIONS"]
