"""Settings of this process that a test changes for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from models.stores import opened


@contextmanager
def changed_settings(**changed: Any) -> Iterator[None]:
    """Change these settings until the end of the block."""
    before = opened.settings
    opened.settings = replace(before, **changed)
    try:
        yield
    finally:
        opened.settings = before
