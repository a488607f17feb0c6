"""The exact command line of the sandbox: Deno with no permission, under the kernel's limits, dead when its worker dies."""

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import IO

ENVIRONMENT = {"DENO_DIR": "/dev/null/deno", "NO_COLOR": "1", "DENO_NO_UPDATE_CHECK": "1"}
RUNNER = Path(__file__).with_name("runner.mjs")
# What Deno 2.9 has mapped before it runs anything, 512 MB of it for code; and then for each processor's threads.
DENO_TAKES_MB = 640
A_PROCESSOR_TAKES_MB = 16
# How the runner ends when its parent is gone and nothing else ended it.
ORPHANED = 124
# Its parent may have died before setpriv was there to be told. Where -d is not supported, it goes on without.
SCRIPT = """
[ "$PPID" = "$1" ] || exit 1
ulimit -c 0; ulimit -f 0; ulimit -n 64; ulimit -S -t "$2"; ulimit -H -t "$3"; ulimit -d "$4" 2>/dev/null
shift 4; exec "$@"
"""


def command(*, seconds: float, memory_mb: int) -> list[str]:
    """The arguments that start it from this process, with *memory_mb* for the code's own data."""
    cpu = 2 * math.ceil(seconds) + 2
    data_kb = (DENO_TAKES_MB + A_PROCESSOR_TAKES_MB * (os.cpu_count() or 1) + 2 * memory_mb) * 1024
    return [
        *_dies_with_its_parent(),
        *("/bin/sh", "-c", SCRIPT, "sandbox", str(os.getpid()), str(cpu), str(cpu + 1), str(data_kb)),
        *(deno(), "run", "--quiet", "--no-prompt", "--no-remote", "--no-npm", "--cached-only"),
        *("--no-config", "--no-lock", "--no-code-cache"),
        # The last keeps our own realm, not the user's, from making code of strings.
        f"--v8-flags=--max-old-space-size={memory_mb},--max-semi-space-size=8,--disallow-code-generation-from-strings",
        str(RUNNER),
    ]


def given(code: str, *, seconds: float) -> IO[bytes]:
    """What the runner reads: a file without a name, which unlike a pipe never makes anyone wait."""
    file = open(os.memfd_create("task"), "w+b") if sys.platform == "linux" else tempfile.TemporaryFile()  # noqa: SIM115
    # In ASCII, which holds lone surrogates, too.
    file.write(json.dumps({"code": code, "seconds": seconds}).encode())
    file.seek(0)
    return file


@cache
def deno() -> str:
    """Where its binary is: beside this Python, where its wheel puts it, or on the PATH."""
    beside = Path(sys.executable).with_name("deno")
    found = str(beside) if beside.exists() else shutil.which("deno")
    if found is None:
        raise FileNotFoundError("Deno is not installed: run script/bootstrap, which installs requirements.txt.")
    return found


@cache
def _dies_with_its_parent() -> tuple[str, ...]:
    # Linux's own can; macOS has none, and Busybox's knows no --pdeathsig.
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return ()
    prefix = (setpriv, "--pdeathsig", "KILL")
    known = subprocess.run([*prefix, "/bin/sh", "-c", ":"], capture_output=True).returncode == 0  # noqa: S603
    return prefix if known else ()
