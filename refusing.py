"""What gunicorn refuses before it is a request is said as every other error is, and logged without what it said."""

import http
import ssl
from contextlib import suppress
from typing import Any

from gunicorn import util
from gunicorn.http import errors

import logs
from sharing import SharingWorker

_OURS = (errors.ConfigurationProblem, errors.InvalidResponseHeader, errors.InvalidResponseHeaderName)
_STATUSES = {
    errors.LimitRequestLine: 414,
    errors.ExpectationFailed: 417,
    errors.LimitRequestHeaders: 431,
    errors.UnsupportedTransferCoding: 501,
}


class RefusingWorker(SharingWorker):
    """Gunicorn answers with a page of HTML that quotes the request, and writes that to the log, secrets and all."""

    def handle_error(self, req: object, client: Any, addr: Any, exc: BaseException) -> None:
        logs.request_id.set(None)
        logs.current_request_id()
        if isinstance(exc, errors.ParseException | ssl.SSLError) and not isinstance(exc, _OURS):
            status = _STATUSES.get(type(exc), 400)
            logs.warning("request refused", why=type(exc).__name__, status=status, address=addr[0] if addr else None)
        else:
            status = 500
            logs.failure("unexpected error", exc)
        with suppress(OSError):
            util.write_nonblock(client, _answer(status, over_tls=self.cfg.is_ssl))
        logs.request_id.set(None)


def _answer(status: int, *, over_tls: bool) -> bytes:
    # The application is there by now. It must not be when gunicorn.conf.py, which names this class, is read: its
    # figures would be counted for the process that only watches the others.
    from api.middleware import OVER_TLS, SECURITY_HEADERS
    from api.problem_kinds import MEDIA_TYPE
    from api.problems import said

    document = said(status)
    headers = {
        **SECURITY_HEADERS,
        **(OVER_TLS if over_tls else {}),
        "X-Request-ID": logs.current_request_id(),
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(document)),
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}", *(f"{name}: {headers[name]}" for name in headers)]
    return "\r\n".join([*lines, "", ""]).encode() + document
