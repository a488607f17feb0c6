"""Columns of kinds that Peewee has not: moments, and JSON as it was written."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
import peewee
from msgspec import Meta

from models.stores import database

# The largest whole number that both databases keep, and so the largest id.
LARGEST_ID = 2**63 - 1
LONGEST_REFERENCE = 128
# Ids begin at 1.
NOBODY = 0
# A moment in a document; it leaves as RFC 3339 with a Z.
Instant = Annotated[datetime, Meta(tz=True)]
# For the OpenAPI document alone; the rules decide, with sentences that say more.
Reference = Annotated[
    str, Meta(extra_json_schema={"minLength": 1, "maxLength": LONGEST_REFERENCE, "pattern": r"^[\x20-\x7e]*$"})
]
# A moment that is given, which has four digits a year.
GivenInstant = Annotated[Instant, Meta(extra_json_schema={"pattern": r"^(?!9999)[1-9]"})]
# Between these every moment has a text of four digits a year and a date in every time zone.
EARLIEST, LATEST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)

_RESOLUTION = timedelta(microseconds=1)
_SECOND_60 = re.compile(
    r"(?P<before>\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:)60(\.\d{1,9})?(?P<zone>Z|z|[+-]\d\d:\d\d|)", re.ASCII
)


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


class InstantField(peewee.Field):
    """A moment in UTC: TIMESTAMPTZ in Postgres, text that sorts by time in SQLite."""

    field_type = "TIMESTAMPTZ"

    def db_value(self, value: datetime | None) -> datetime | str | None:
        if value is None or not isinstance(database.obj, peewee.SqliteDatabase):
            return value
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

    def python_value(self, value: datetime | str | None) -> datetime | None:
        return datetime.fromisoformat(value) if isinstance(value, str) else value and value.astimezone(UTC)


class DocumentField(peewee.TextField):
    """JSON kept as the text we wrote: JSONB would refuse NUL and change numbers and the order of keys."""

    def db_value(self, value: Any) -> str | None:
        return None if value is None else msgspec.json.encode(value).decode()

    def python_value(self, value: str | None) -> Any:
        return None if value is None else msgspec.json.decode(value)


def without_leap_second(given: Any) -> Any:
    """Write a leap second (RFC 3339, 5.7) as the last moment before the next second; return all else as given."""
    found = _SECOND_60.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        return given
    before = f"{found['before']}59.999999{found['zone']}"
    try:
        moment = datetime.fromisoformat(before.upper())
        next_second = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC) + _RESOLUTION
    except (ValueError, OverflowError):
        return given
    # The only place for one is the end of a month, in UTC.
    return before if (next_second.day, next_second.hour, next_second.minute) == (1, 0, 0) else given


def checked_instant(given: datetime) -> datetime:
    """Return the moment in UTC; ValueError if not every database, driver and time zone has it."""
    if not EARLIEST <= given <= LATEST:
        raise ValueError(f"Give a time from the year {EARLIEST.year} to {LATEST.year}.")
    return given.astimezone(UTC)


def checked_reference(given: str) -> str:
    """Return an id of something as given; ValueError if nothing could have it."""
    if not (1 <= len(given) <= LONGEST_REFERENCE and given.isascii() and given.isprintable()):
        raise ValueError(f"Give 1 to {LONGEST_REFERENCE} characters of ASCII.")
    return given


def checked_text(given: str) -> str:
    """Return the text as given; ValueError if a database could not keep it."""
    if "\0" in given:
        raise ValueError("Leave out the character NUL.")
    return given
