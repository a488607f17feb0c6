"""Has the processes of gunicorn count in files that the next process goes on with, so that they stay few.

prometheus_client names such files by process, and would leave some behind with every HUP. Here a process has a slot:
the lowest number that no living one has. Whoever gets it next finds the sums of the one before, and adds to them.
"""

import itertools
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import logs

# What prometheus_client reads them from.
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
# Of each of these types of metric there is a file a slot. It has room for five thousand series: it is written whole at
# its beginning, since one that grows on a disk that is full kills who counts in it.
TYPES = ("counter", "histogram")
SIZE = 1024 * 1024


class Slots:
    """Hooks of gunicorn: `clear` when it starts, `assign` before a process is forked and `enter` in that process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def clear(self, server: Any) -> None:
        """Begin to count: whatever is there is of a gunicorn that has ended."""
        # What is wrong with the disk shows again where a process begins, which tells of it.
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            for file in self._folder.iterdir():
                file.unlink()

    def assign(self, server: Any, worker: Any) -> None:
        """Give a process that is to be forked the lowest slot that no other has; those that have died are no others."""
        taken = {each.slot for each in server.WORKERS.values()}
        worker.slot = next(number for number in itertools.count() if number not in taken)

    def enter(self, server: Any, worker: Any) -> None:
        """Have this process count in its slot; where the disk has no room for that, not at all."""
        os.environ[FOLDER_VARIABLE] = str(self._folder)
        try:
            for kind in TYPES:
                _make(self._folder / f"{kind}_{worker.slot}.db")
        except OSError as error:
            logs.warning("requests are not counted", fault=type(error).__name__)
        else:
            entered.append(worker.slot)


# This process's slot, if it has one.
entered: list[int] = []


def _make(file: Path) -> None:
    if file.exists():
        return
    draft = file.with_suffix(".draft")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as written:
            written.write(bytes(SIZE))
        draft.rename(file)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
