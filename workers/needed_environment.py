"""The environment of a JavaScript worker: an allow-list, without the secrets of the other processes."""

import argparse
import os
import sys
from collections.abc import Mapping

QUEUE = "javascript"
SETTINGS = {
    *("DATA_DIR", "DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "REDIS_URL_FILE", "BROKER_URL", "BROKER_URL_FILE"),
    *("LOG_LEVEL", "JS_TIMEOUT", "JS_MEMORY_MB"),
}
# The machine's own, `lifetime`'s, and what libpq, OpenSSL, Python and the dynamic linker read.
OTHERS = {"PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "AERIE_PARENT"}
PREFIXES = ("LC_", "dramatiq_", "PG", "SSL_CERT_", "PYTHON", "LD_", "MALLOC_")
# Set for the second start, to the id of this process: exec keeps the id.
STARTED_AGAIN = "AERIE_STARTED_AGAIN"
# Settings ask for one where stores are given.
NO_KEY = "no key, since this worker signs nothing"


def needed(environ: Mapping[str, str]) -> dict[str, str]:
    """Select the variables that a JavaScript worker reads."""
    kept = {
        name: value
        for name, value in environ.items()
        if name in SETTINGS or name in OTHERS or name.startswith(PREFIXES)
    }
    return kept | {"SECRET_KEY": NO_KEY}


def forget_the_rest(arguments: list[str]) -> None:
    """Start this program again with what it needs, if its arguments say that it works on JavaScript alone.

    To delete a variable is not enough: /proc/PID/environ shows what a process was started with. It starts again once
    only, since a hook of Python's start may add variables each time.
    """
    process_id = str(os.getpid())
    if _queues(arguments) != [QUEUE] or os.environ.get(STARTED_AGAIN) == process_id:
        return
    kept = needed(os.environ)
    if kept != dict(os.environ):
        environment = kept | {STARTED_AGAIN: process_id}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606


def _queues(arguments: list[str]) -> list[str]:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--queues", "-Q", nargs="*", default=[])
    queues: list[str] = parser.parse_known_args(arguments)[0].queues
    return queues
