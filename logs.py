"""One JSON line an event, on standard output, with the id of the request that caused it."""

import logging
import os
import traceback
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import msgspec

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

_encode = msgspec.json.Encoder(enc_hook=str).encode
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_STANDARD_OUTPUT = 1


def info(event: str, **fields: Any) -> None:
    """Write what happened; fields are ids and numbers, never a secret or what a person typed in."""
    if _Threshold.level <= logging.INFO:
        _write("info", event, fields)


def warning(event: str, **fields: Any) -> None:
    """Write what went wrong and was coped with."""
    if _Threshold.level <= logging.WARNING:
        _write("warning", event, fields)


def failure(event: str, error: BaseException) -> None:
    """Write what should not have happened, with its traceback."""
    _write("error", event, {"traceback": "".join(traceback.format_exception(error))})


def configure(level: str) -> None:
    """Send what our libraries log, from *level* upwards, the same way."""
    _Threshold.level = _LEVELS[level]
    root = logging.getLogger()
    root.handlers = [_Handler()]
    root.setLevel(_Threshold.level)


class _Threshold:
    level = logging.INFO


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = {"logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            fields["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        _write(record.levelname.lower(), "log", fields)


def _write(level: str, event: str, fields: dict[str, Any]) -> None:
    line = {
        "time": datetime.now(UTC),
        "level": level,
        "event": event,
        "request_id": request_id.get(),
        **fields,
    }
    # A log that can't be written must not fail what it tells of.
    with suppress(OSError):
        os.write(_STANDARD_OUTPUT, _encode(line) + b"\n")
