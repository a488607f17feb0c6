"""Versions of documents: which one somebody has seen, and whether it is still the one."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

from models.errors import Excluded, Outdated

Versions = frozenset[str] | None
EVERY: Versions = None


def version_of(document: Mapping[str, Any]) -> str:
    """A hash of all that a document shows: whoever is shown another one has another version."""
    return blake2b(msgspec.json.encode(document), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Expected:
    """The versions that a change was meant for, and those that it must not replace.

    To be checked on the row that the change's own transaction holds, else two could pass at once.
    """

    versions: Versions = EVERY
    excluded: Versions = frozenset()

    def check(self, document: Mapping[str, Any]) -> None:
        """Raise Outdated if the document is none of the versions, Excluded if it is one of those."""
        if self == ANY:
            return
        version = version_of(document)
        if not _has(self.versions, version):
            raise Outdated
        if _has(self.excluded, version):
            raise Excluded


def _has(versions: Versions, version: str) -> bool:
    return versions is None or version in versions


ANY = Expected()
