"""One JSON line an event, on standard output, with the id of the request that caused it."""

import json
import logging
import os
import traceback
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import msgspec

from ids import time_ordered_id

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def current_request_id() -> str:
    """The id of the request that this thread is at; made where it brought none."""
    current = request_id.get()
    if current is None:
        current = time_ordered_id()
        request_id.set(current)
    return current


_encode = msgspec.json.Encoder(enc_hook=str).encode
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_STANDARD_OUTPUT = 1


def info(event: str, **fields: Any) -> None:
    """Write what happened; fields are ids and numbers, and never a secret."""
    if _Threshold.level <= logging.INFO:
        _write("info", event, fields)


def warning(event: str, **fields: Any) -> None:
    """Write what went wrong and was coped with."""
    if _Threshold.level <= logging.WARNING:
        _write("warning", event, fields)


def failure(event: str, error: BaseException) -> None:
    """Write what should not have happened, with its traceback."""
    _write("error", event, {"traceback": _frames(error)})


def configure(level: str) -> None:
    """Send what our libraries log, from *level* upwards, the same way."""
    _Threshold.level = _LEVELS[level]
    root = logging.getLogger()
    root.handlers = [_Handler()]
    root.setLevel(_Threshold.level)
    # At DEBUG it writes every statement with its parameters: names, hashes, data.
    logging.getLogger("peewee").setLevel(max(_Threshold.level, logging.INFO))
    # It quotes addresses, with what is secret in them.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    # It tells each fault of a connection in ten lines, as errors; who uses it tells it in one.
    logging.getLogger("pika").setLevel(logging.CRITICAL)


class _Threshold:
    level = logging.INFO


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = str(record.msg)  # a library's wrong arguments are no reason to fail it
        fields: dict[str, Any] = {"logger": record.name, "message": message}
        if record.exc_info:
            fields["traceback"] = _frames(record.exc_info[1])
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
        os.write(_STANDARD_OUTPUT, _line(line) + b"\n")


def _line(fields: dict[str, Any]) -> bytes:
    try:
        return _encode(fields)
    except UnicodeEncodeError:
        # Text with half a character in it; json escapes what UTF-8 can't say.
        return json.dumps(fields, default=str).encode()


def _frames(error: BaseException | None) -> str:
    # Without the errors' own texts, in which a database may quote the row that it refuses.
    said = ""
    while error is not None:
        said = f"{''.join(traceback.format_tb(error.__traceback__))}{type(error).__name__}\n{said}"
        error = error.__cause__ or error.__context__
    return said
