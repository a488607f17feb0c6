"""What may be asked of defects, and what one looks like."""

from typing import Annotated, ClassVar, TypedDict
from unicodedata import combining, normalize

from msgspec import UNSET, Meta, UnsetType

from models.bodies import Body, Filters, Rule
from models.fields import LARGEST_ID, GivenInstant, Instant, checked_instant, checked_text

LONGEST_COMMENT = 10_000
LONGEST_PART = 254
# As many combining marks in a row as UAX #15 has in its Stream-Safe Text Format, and what it puts after them.
MOST_MARKS, GRAPHEME_JOINER = 30, "\u034f"
# These are no combining marks, and become two.
MARKS_IN_ONE = "\u0f73\u0f75\u0f81"
# What Python strips, as a regular expression has it; \s is something else in every language.
BLANK = r"\t-\r\u001c- \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


def checked_comment(given: str) -> str:
    """Return the comment as given; ValueError if it says nothing, or more than we keep."""
    if not given.strip():
        raise ValueError("Say what is wrong; this is empty.")
    if len(given) > LONGEST_COMMENT:
        raise ValueError(f"Use {LONGEST_COMMENT} characters at most.")
    return checked_text(given)


def comment_key(comment: str) -> str:
    """What a comment is searched by: all spellings that differ in case, or in how accents are written, have one."""
    return normalize("NFC", normalize("NFC", _stream_safe(comment)).casefold())


def _stream_safe(text: str) -> str:
    """Break long rows of combining marks, which Python would sort in quadratic time."""
    if text.isascii():
        return text
    safe, row = [], 0
    for char in text:
        row = row + 1 if combining(char) or char in MARKS_IN_ONE else 0
        if row > MOST_MARKS:
            safe.append(GRAPHEME_JOINER)
            row = 1
        safe.append(char)
    return "".join(safe)


def checked_part(given: str) -> str:
    """Return what is searched for as given; ValueError if no comment could contain it."""
    if not 1 <= len(given) <= LONGEST_PART:
        raise ValueError(f"Give 1 to {LONGEST_PART} characters.")
    return checked_text(given)


Comment = Annotated[
    str,
    Meta(
        extra_json_schema={
            "minLength": 1,
            "maxLength": LONGEST_COMMENT,
            "pattern": rf"^[^\u0000]*[^\u0000{BLANK}][^\u0000]*$",
        }
    ),
]
Part = Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": LONGEST_PART, "pattern": r"^[^\u0000]*$"})]
Timestamp = Annotated[GivenInstant, Meta(description="When it was seen, with a time zone.")]


class _Defect(Body, kw_only=True):
    timestamp: Timestamp | UnsetType = UNSET

    RULES: ClassVar[dict[str, Rule]] = {"comment": checked_comment, "timestamp": checked_instant}


class NewDefect(_Defect, kw_only=True):
    """What is wrong, and when it was seen: now, unless a time is given."""

    comment: Comment


class ReplacedDefect(_Defect, kw_only=True):
    """A new comment; the time stays unless one is given."""

    comment: Comment


class MergedDefect(_Defect, kw_only=True):
    """Only given fields change."""

    comment: Comment | UnsetType = UNSET


class DefectFilters(Filters, kw_only=True):
    """Which defects to list; those that are given must all fit."""

    user: Annotated[int, Meta(ge=1, le=LARGEST_ID, description="Of the user with this id.")] | UnsetType = UNSET
    q: Annotated[Part | UnsetType, Meta(description="A part of the comment, whatever its case.")] = UNSET

    RULES: ClassVar[dict[str, Rule]] = {"q": checked_part}


class DefectDocument(TypedDict):
    """A defect; `user` is the id of whoever reported it, null where that user is deleted and the reader no admin."""

    id: int
    comment: str
    timestamp: Instant
    user: int | None
