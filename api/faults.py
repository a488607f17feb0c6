"""Limits on the faults that an answer names."""

from collections.abc import Mapping
from itertools import islice

MOST_NAMED = 20
# In characters; our own fields have short names.
LONGEST_NAME = 100
OTHERS = "…"


def named(faults: Mapping[str, str]) -> dict[str, str]:
    """Keep the first faults, with long names of fields cut, and count the others under the name `…`."""
    found = {_cut(name): message for name, message in islice(faults.items(), MOST_NAMED)}
    others = len(faults) - MOST_NAMED
    if others > 0:
        found[OTHERS] = f"{others:,} more fields are wrong." if others > 1 else "One more field is wrong."
    return found


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
