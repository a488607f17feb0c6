"""Runs one piece of JavaScript in a sandbox of its own, and leaves no process behind."""

import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Literal

import msgspec

from workers import sandbox

LOOKS_EVERY = 0.25
RESULT_HOLDS = 1024 * 1024
LOGS_HOLD = 64 * 1024
# A result, and logs of which JSON writes each byte as six at worst.
OUTPUT_HOLDS = RESULT_HOLDS + 8 * LOGS_HOLD
STDERR_HOLDS = 16 * 1024
LIMITS = {
    "timeout": ("Timeout", "The code ran longer than it may; do less at a time or ask for a longer JS_TIMEOUT."),
    "out_of_memory": (
        "OutOfMemory",
        "The code needed more memory than it may; hold less or ask for more JS_MEMORY_MB.",
    ),
    "result_too_large": ("ResultTooLarge", "The result is larger than 1 MiB as JSON; give less of it."),
    "sandbox_failed": (
        "SandboxFailed",
        "The sandbox ended before the code did; try again, and report it if it recurs.",
    ),
}


class LogLine(msgspec.Struct, frozen=True):
    """What the code printed; *level* is one of the console standard's four, or "debug"."""

    level: str
    text: str


class Failure(msgspec.Struct, frozen=True):
    """Why there is no result; *code* is "thrown" or names what was exceeded."""

    code: str
    name: str
    message: str
    stack: str


class Outcome(msgspec.Struct, frozen=True):
    """How it ended; *result* is JSON in UTF-8, as the runner wrote it, and null where there is none."""

    result: bytes
    error: Failure | None
    logs: list[LogLine]
    stopped: bool = False


def evaluate(code: str, *, seconds: float, memory_mb: int, stop: Callable[[], bool]) -> Outcome:
    """Run code, or end it when *stop* says so: asked at once, then every LOOKS_EVERY seconds.

    When this returns or raises, every process that it started is dead.
    """
    deadline = time.monotonic() + seconds
    heard = _Heard()
    with sandbox.started(code, seconds=seconds, memory_mb=memory_mb) as process:
        over = _listen(process, heard, deadline=deadline, stop=stop)
    if over == "stopped":
        return Outcome(b"null", None, heard.logs, stopped=True)
    if heard.last is None:
        return _failed(over or _why(process.returncode, heard.stderr), heard.logs)
    if isinstance(heard.last, _Error):
        return _failed(heard.last.code, heard.logs, heard.last)
    return Outcome(bytes(heard.last.value), None, heard.logs)


class _Log(msgspec.Struct, frozen=True, tag_field="kind", tag="log"):
    level: Literal["log", "info", "warn", "error", "debug"]
    text: str


class _Result(msgspec.Struct, frozen=True, tag_field="kind", tag="result"):
    value: msgspec.Raw


class _Error(msgspec.Struct, frozen=True, tag_field="kind", tag="error"):
    code: Literal["thrown", "not_json", "never_settled", "result_too_large", "out_of_memory"]
    name: str
    message: str
    stack: str


_decode = msgspec.json.Decoder(_Log | _Result | _Error).decode


class _Nonsense(Exception):
    """The sandbox wrote what the runner never writes."""


class _Heard:
    """What the sandbox has said so far, of which nothing is trusted."""

    def __init__(self) -> None:
        self.logs: list[LogLine] = []
        self.last: _Result | _Error | None = None
        self.stderr = b""
        self._size = 0
        self._line = b""

    def out(self, chunk: bytes) -> None:
        """Take part of its stdout: a message a line, the last of which is no log."""
        self._size += len(chunk)
        if self._size > OUTPUT_HOLDS:
            raise _Nonsense
        *lines, self._line = (self._line + chunk).split(b"\n")
        for line in lines:
            if self.last is None:
                self._take(line)

    def err(self, chunk: bytes) -> None:
        """Take part of its stderr, for :func:`_why` alone."""
        self.stderr += chunk[: STDERR_HOLDS - len(self.stderr)]

    def _take(self, line: bytes) -> None:
        try:
            message = _decode(line)
            line.decode()  # msgspec does not look into what it takes raw
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise _Nonsense from error
        if isinstance(message, _Log):
            self.logs.append(LogLine(message.level, message.text))
        elif isinstance(message, _Result) and len(bytes(message.value)) > RESULT_HOLDS:
            raise _Nonsense
        else:
            self.last = message


def _listen(
    process: subprocess.Popen[bytes], heard: _Heard, *, deadline: float, stop: Callable[[], bool]
) -> str | None:
    """Hear it out; why it must end before it said its last word, and None if it need not."""
    next_look = 0.0
    with selectors.DefaultSelector() as pipes:
        for pipe, take in ((process.stdout, heard.out), (process.stderr, heard.err)):
            assert pipe is not None  # noqa: S101
            pipes.register(pipe, selectors.EVENT_READ, take)
        while pipes.get_map() and heard.last is None:
            if time.monotonic() >= next_look:
                if stop():
                    return "stopped"
                next_look = time.monotonic() + LOOKS_EVERY
            wait = min(next_look, deadline) - time.monotonic()
            if time.monotonic() >= deadline:
                return "timeout"
            try:
                _take_what_came(pipes, wait)
            except _Nonsense:
                return "sandbox_failed"
    return None


def _take_what_came(pipes: selectors.BaseSelector, wait: float) -> None:
    for key, _ in pipes.select(max(wait, 0)):
        chunk = os.read(key.fd, 64 * 1024)
        key.data(chunk)
        if not chunk:
            pipes.unregister(key.fileobj)


def _why(status: int, stderr: bytes) -> str:
    """Which limit ended it: the kernel's, or V8's own."""
    if status in (-signal.SIGXCPU, sandbox.ORPHANED):
        return "timeout"
    # Where C++ gets no memory it aborts without a word; the kernel kills.
    wordless = status == -signal.SIGABRT and not stderr
    if (
        wordless
        or status == -signal.SIGKILL
        or re.search(rb"out of memory|memory allocation of|Cannot allocate", stderr)
    ):
        return "out_of_memory"
    return "sandbox_failed"


def _failed(code: str, logs: list[LogLine], said: _Error | None = None) -> Outcome:
    name, message = LIMITS.get(code) or (said.name, said.message) if said else LIMITS[code]
    return Outcome(b"null", Failure(code, name, message, said.stack if said else ""), logs)
