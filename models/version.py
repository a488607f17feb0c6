"""Versions of documents: which one somebody has seen, and whether it is still the one."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

from models.errors import Outdated


def version_of(document: Mapping[str, Any]) -> str:
    """A hash of all that a document shows: whoever is shown another one has another version."""
    return blake2b(msgspec.json.encode(document), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Expected:
    """The versions that a change was meant for; None is any.

    To be checked on the row that the change's own transaction holds, else two could pass at once.
    """

    versions: frozenset[str] | None = None

    def check(self, document: Mapping[str, Any]) -> None:
        """Raise Outdated if the document is none of these versions."""
        if self.versions is not None and version_of(document) not in self.versions:
            raise Outdated


ANY = Expected()
