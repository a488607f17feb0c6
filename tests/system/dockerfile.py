"""The Dockerfile's steps, walked in plain folders: what is copied where, and what is run there in which environment.

No RUN is run: in the place of the venv that one makes stands our own.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

VENV = "/opt/venv"


class Step(NamedTuple):
    """An instruction, and what follows its name on as many lines as it takes."""

    name: str
    rest: str


class Image:
    """The last stage, as a folder; `environment`, `command`, `folder` and `check` are where and how it runs."""

    def __init__(self, context: Path, into: Path) -> None:
        self._context, self._into = context, into
        self._ignored = ignored_by(context / ".dockerignore")
        self._stages: dict[str, Path] = {}
        self.steps = list(steps(context / "Dockerfile"))
        self.environment: dict[str, str] = {}
        self.folder = self.root = into
        for step in self.steps:
            getattr(self, f"_{step.name.lower()}", lambda _: None)(step.rest)
        self.command: list[str] = json.loads(self.last("CMD"))
        self.check: list[str] = json.loads(self.last("HEALTHCHECK").partition("CMD")[2])

    def last(self, name: str) -> str:
        """What follows the last instruction of that name."""
        return [step.rest for step in self.steps if step.name == name][-1]

    def files(self) -> set[str]:
        """What is in the folder that it runs in, by the paths from there."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}

    def _from(self, rest: str) -> None:
        name = rest.partition(" AS ")[2]
        self.root = self._into / f"stage{len(self._stages)}"
        self.root.mkdir()
        self._stages[name] = self.root
        self.environment = {}

    def _workdir(self, rest: str) -> None:
        self.folder = self._there(rest)

    def _env(self, rest: str) -> None:
        for name, value in re.findall(r"(\w+)=(\S+)", rest):
            outer = value.replace("$PATH", os.environ["PATH"])
            self.environment[name] = str(self.root) + outer if outer.startswith("/") else outer

    def _run(self, rest: str) -> None:
        if f"venv --without-pip {VENV}" in rest:
            assert self._there("/requirements.txt").exists(), "pip has nothing to install from"
            self._there("/opt").mkdir()
            self._there(VENV).symlink_to(sys.prefix)

    def _copy(self, rest: str) -> None:
        *options, source, target = rest.split()
        stage = options[0].removeprefix("--from=") if options else None
        if stage is not None:
            made, there = self._stages[stage] / source[1:], self._there(target)
            there.parent.mkdir(exist_ok=True)
            there.symlink_to(made.readlink()) if made.is_symlink() else shutil.copytree(made, there)
        elif source == ".":
            for file in self._sent():
                self._put(file, self._there(target) / file)
        else:
            assert Path(source) in self._sent(), f"{source} is not there, or ignored"
            self._put(Path(source), self._there(target) / source)

    def _sent(self) -> list[Path]:
        files = (path.relative_to(self._context) for path in self._context.rglob("*") if path.is_file())
        return [file for file in files if not self._ignored(file)]

    def _put(self, file: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(self._context / file, target)

    def _there(self, path: str) -> Path:
        return self.root / path[1:]


def steps(dockerfile: Path) -> Iterator[Step]:
    """The instructions in their order, without comments."""
    lines = [line for line in dockerfile.read_text().splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.partition(" ")
            yield Step(name, rest.strip())


def ignored_by(dockerignore: Path) -> Callable[[Path], bool]:
    """Whether a file is left out: the last line that matches it or a folder above it decides."""
    lines = [line.strip() for line in dockerignore.read_text().splitlines()]
    rules = [
        (not line.startswith("!"), re.compile(_pattern(line.lstrip("!"))))
        for line in lines
        if line and not line.startswith("#")
    ]

    def is_ignored(file: Path) -> bool:
        ignored = False
        for leaves_out, rule in rules:
            if any(rule.fullmatch(str(path)) for path in (file, *list(file.parents)[:-1])):
                ignored = leaves_out
        return ignored

    return is_ignored


def _pattern(line: str) -> str:
    forms = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(forms.get(part) or re.escape(part) for part in re.split(r"(\*\*/|\*\*|\*|\?)", line))
