"""Searches of texts without an index: a few at a time, each with a deadline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import peewee
from msgspec import UNSET, UnsetType

from models.capacity import SEARCHES
from models.driver_errors import is_timeout
from models.errors import Unavailable

if TYPE_CHECKING:
    from models.user import User


@contextmanager
def searching(part: str | UnsetType, *, by: User) -> Iterator[None]:
    """Hold a place among searches while a *part* of a text is looked for; nothing without one.

    Raises Unavailable where no place is free in time, or the database gives up at its deadline for reads.
    """
    if part is UNSET:
        yield
        return
    try:
        with SEARCHES.place(address=by.address, person=by.id):
            yield
    except peewee.OperationalError as error:
        if not is_timeout(error):
            raise
        raise Unavailable("The search took too long; add a filter, or try again later.", retry_after=5) from None
