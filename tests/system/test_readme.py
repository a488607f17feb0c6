"""The README's curl session, run as it stands."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.processes import wait_until
from tests.system.server import ROOT, Server

API, COUNTERS = "http://localhost:8000", "http://localhost:8888"


@pytest.fixture
def server(data_dir: Path) -> Iterator[Server]:
    """A server with the admin whom the README makes before its second half."""
    with Server(data_dir, ADMIN_USERNAME="root", ADMIN_PASSWORD="correct horse battery") as running:
        yield running


def test_what_the_readme_says_comes_back_does(server: Server) -> None:
    steps = list(_steps((ROOT / "README.md").read_text()))
    assert len(steps) >= 15
    mark = "--- next command ---"
    script = f"\necho '{mark}'\n".join(command for command, _ in steps)
    wait_until(lambda: "Ctrl-C stops everything." in server.log(), what="its welcome")
    for written, there in ((API, server.url), (COUNTERS, server.counters_url)):
        script = script.replace(written.removeprefix("http://"), there.removeprefix("http://"))
    # A second is what a notice takes at most, but not where many tests run beside each other.
    script = script.replace("sleep 1;", "sleep 4;")
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    for (command, expected), said in zip(steps, ran.stdout.split(mark), strict=True):
        assert re.fullmatch(_pattern(expected), said.strip(), re.DOTALL), (
            f"{command}\nsaid\n{said}\nand not\n{expected}; its log has {_warnings(server)}"
        )


def _warnings(server: Server) -> list[str]:
    return [line for line in server.log().splitlines() if '"level":"warning"' in line]


def _steps(readme: str) -> Iterator[tuple[str, str]]:
    """Each command of the console blocks with the output that follows it."""
    for block in re.findall(r"```console\n(.*?)```", readme, re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = step.rstrip().split("\n")
            length = next(n for n in range(1, len(lines) + 1) if _is_whole("\n".join(lines[:n])))
            yield "\n".join(lines[:length]), "\n".join(lines[length:])


def _is_whole(command: str) -> bool:
    return not command.endswith("\\") and command.count("'") % 2 == 0


def _pattern(expected: str) -> str:
    return ".*".join(re.escape(part) for part in expected.strip().replace("\r", "").split("…"))
