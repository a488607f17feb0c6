"""The sandbox's process: Deno with no permission and with limits of the kernel's, which never outlives its worker."""

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import chain
from pathlib import Path
from typing import IO

import logs

ENVIRONMENT = {"DENO_DIR": "/dev/null/deno", "NO_COLOR": "1", "DENO_NO_UPDATE_CHECK": "1"}
RUNNER = Path(__file__).with_name("runner.mjs")
# What Deno 2.9 has mapped before it runs anything, 512 MB of that for machine code; and for each of V8's threads, of
# which there is one a processor and 16 at most.
DENO_TAKES_MB = 600
A_THREAD_TAKES_MB = 16
MOST_THREADS = 16
# How the runner ends by itself when its parent is gone.
ORPHANED = 124
# Options of setpriv, the most important first. Where setpriv fails, it is tried again without the last of them. It
# drops the bounding set only with CAP_SETPCAP, and may succeed without: root then keeps its capabilities. Under
# --no-new-privs, any other user has none in either case.
CONFINEMENTS = (
    ("--pdeathsig", "KILL"),
    ("--no-new-privs",),
    ("--inh-caps", "-all", "--ambient-caps", "-all"),
    ("--bounding-set", "-all"),
)
CHECK = '[ -x "$0" ] && [ -r "$1" ] || exit 1; cat /proc/self/status 2>/dev/null; exit 0'
# The parent may have died before setpriv was there to watch it. A limit that a system does not have is done without.
# Where memory is short, the kernel is to end this first, and not the worker.
SCRIPT = """
[ "$PPID" = "$1" ] || exit 1
{ echo 1000 > /proc/self/oom_score_adj; } 2>/dev/null
{ ulimit -c 0; ulimit -f 0; ulimit -n 64; ulimit -S -s 8192
ulimit -S -t "$2"; ulimit -H -t "$3"; ulimit -d "$4"; } 2>/dev/null
shift 4; unset PWD OLDPWD SHLVL; exec "$@"
"""


@contextmanager
def started(code: str, *, seconds: float, memory_mb: int) -> Iterator[subprocess.Popen[bytes]]:
    """A sandbox at work, in a session of its own that is killed whole at the end."""
    with (
        given(code, seconds=seconds) as stdin,
        subprocess.Popen(  # noqa: S603
            command(seconds=seconds, memory_mb=memory_mb),
            env=ENVIRONMENT,
            cwd="/",
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            # One that closed its pipes is ending with a status that this can't change. macOS refuses to kill the dead.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


def given(code: str, *, seconds: float) -> IO[bytes]:
    """What the runner reads: a file without a name, which unlike a pipe never makes anyone wait."""
    file = open(os.memfd_create("task"), "w+b") if sys.platform == "linux" else tempfile.TemporaryFile()  # noqa: SIM115
    # In ASCII, which holds lone surrogates, too.
    file.write(json.dumps({"code": code, "seconds": seconds}).encode())
    file.seek(0)
    return file


def command(*, seconds: float, memory_mb: int) -> list[str]:
    """The arguments that start it, as this process' child and with *memory_mb* for what the code holds."""
    cpu = 2 * math.ceil(seconds) + 2  # V8's own threads count, too; SIGXCPU then, SIGKILL a second later
    threads = min(os.cpu_count() or 1, MOST_THREADS)
    data_kb = (DENO_TAKES_MB + A_THREAD_TAKES_MB * threads + memory_mb) * 1024
    # The last of V8's flags keeps the runner's realm, not the code's, from making functions of strings.
    v8 = (f"--max-old-space-size={memory_mb}", "--max-semi-space-size=8", "--disallow-code-generation-from-strings")
    return [
        *_confined(),
        *("/bin/sh", "-c", SCRIPT, "sandbox", str(os.getpid()), str(cpu), str(cpu + 1), str(data_kb)),
        *(deno(), "run", "--quiet", "--no-prompt", "--no-remote", "--no-npm", "--cached-only"),
        *("--no-config", "--no-lock", "--no-code-cache", f"--v8-flags={','.join(v8)}", str(RUNNER)),
    ]


@cache
def deno() -> str:
    """Where its binary is: beside this Python, where its wheel puts it, or on the PATH."""
    beside = Path(sys.executable).with_name("deno")
    found = str(beside) if beside.exists() else shutil.which("deno")
    if found is None:
        raise FileNotFoundError("Deno is not installed: run script/bootstrap, which installs requirements.txt.")
    return found


@cache
def _confined() -> tuple[str, ...]:
    """Find the strictest prefix under which this system still starts Deno; log it if Deno keeps privileges under it."""
    prefix, status = _strictest()
    capabilities = re.search(r"^CapPrm:\s*(\w+)", status, re.M)
    if "--no-new-privs" not in prefix or (capabilities and int(capabilities[1], 16)):
        logs.warning("sandbox keeps privileges", setpriv=prefix[1:], capabilities=capabilities and capabilities[1])
    return prefix


def _strictest() -> tuple[tuple[str, ...], str]:
    """That prefix, and the /proc status of a program that it started, where there is one."""
    # macOS has no setpriv.
    setpriv = shutil.which("setpriv")
    for count in range(len(CONFINEMENTS) if setpriv else 0, 0, -1):
        prefix = (str(setpriv), *chain.from_iterable(CONFINEMENTS[:count]))
        # A root without capabilities can't read what is another user's alone.
        check = [*prefix, "/bin/sh", "-c", CHECK, deno(), str(RUNNER)]
        checked = subprocess.run(check, capture_output=True, text=True)  # noqa: S603
        if checked.returncode == 0:
            return prefix, checked.stdout
    return (), ""
