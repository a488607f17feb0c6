"""How much tests do: a little whenever all of them run, and more where script/chaos sets AERIE_LONG_CHAOS."""

import os
from typing import TypeVar

Amount = TypeVar("Amount", int, float)
IS_LONG = bool(os.environ.get("AERIE_LONG_CHAOS"))


def at_length(short: Amount, long: Amount) -> Amount:
    """The second where there is time for it."""
    return long if IS_LONG else short
