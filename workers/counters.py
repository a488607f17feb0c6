"""The sample counter server of the one-machine default, counters_server.js under Deno.

Run as `python -m workers.counters`; ends with 3 where COUNTER_URL names another.
"""

import os
import sys
from pathlib import Path

from workers.sandbox import ENVIRONMENT, deno

# The variable in which serve.py says where it is to listen; empty where it is not wanted.
SAMPLE_PORT = "AERIE_COUNTERS_PORT"
PROGRAM = Path(__file__).resolve().parents[1] / "counters_server.js"
NOT_WANTED = 3


def command(port: str) -> list[str]:
    """The arguments that start it, with leave to listen there and to read its port, and for nothing else."""
    return [
        deno(),
        *("run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm", "--no-code-cache"),
        *(f"--allow-net=127.0.0.1:{port}", "--allow-env=PORT"),
        str(PROGRAM),
    ]


def main() -> None:
    """Become the server."""
    port = os.environ.get(SAMPLE_PORT)
    if not port:
        sys.exit(NOT_WANTED)
    arguments = command(port)
    os.execve(arguments[0], arguments, ENVIRONMENT | {"PORT": port})  # noqa: S606


if __name__ == "__main__":
    main()
