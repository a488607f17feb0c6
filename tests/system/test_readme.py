"""The README's curl session, run as it stands."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, STDOUT
from types import TracebackType
from typing import Self

import pytest

from tests.services.processes import wait_until
from tests.system.server import ROOT, Server

MARK, PAUSE = "--- next command ---", "sleep 1; "
API, COUNTERS = "http://localhost:8000", "http://localhost:8888"


@pytest.fixture
def server(data_dir: Path) -> Iterator[Server]:
    """A server with the admin whom the README makes before its second half."""
    with Server(data_dir, ADMIN_USERNAME="root", ADMIN_PASSWORD="correct horse battery") as running:
        yield running


def test_what_the_readme_says_comes_back_does(server: Server) -> None:
    steps = list(_steps((ROOT / "README.md").read_text()))
    assert len(steps) >= 15
    wait_until(lambda: "Ctrl-C stops everything." in server.log(), what="its welcome")
    with Shell() as shell:
        for command, expected in steps:
            for written, there in ((API, server.url), (COUNTERS, server.counters_url)):
                command = command.replace(written.removeprefix("http://"), there.removeprefix("http://"))
            # A second is what a notice takes at most, but not where many tests run beside each other.
            asked = command.removeprefix(PAUSE)
            if asked != command:
                wait_until(lambda: _is(expected, shell.says(asked)), what=expected)  # noqa: B023
            said = shell.says(asked)
            assert _is(expected, said), f"{command}\nsaid\n{said}\nand not\n{expected}; its log has {_warnings(server)}"


class Shell:
    """A bash that is told one command after another, and ends with the first that fails."""

    def __enter__(self) -> Self:
        bash = ["bash", "-eu", "-o", "pipefail"]
        self._bash = subprocess.Popen(bash, stdin=PIPE, stdout=PIPE, stderr=STDOUT, text=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bash.communicate()

    def says(self, command: str) -> str:
        """What it says until that command has ended."""
        assert self._bash.stdin and self._bash.stdout
        self._bash.stdin.write(f"{command}\necho '{MARK}'\n")
        self._bash.stdin.flush()
        said = ""
        for line in self._bash.stdout:
            before, mark, _ = line.partition(MARK)
            said += before
            if mark:
                return said.strip()
        raise AssertionError(f"{command}\nended with\n{said}")


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


def _is(expected: str, said: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in expected.strip().replace("\r", "").split("…"))
    return re.fullmatch(pattern, said, re.DOTALL) is not None
