"""What may be asked of tasks, and what one looks like."""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypedDict

from msgspec import UNSET, Meta, UnsetType

from models.bodies import Body, Filters, Rule
from models.fields import LARGEST_ID, Instant

LONGEST_DELAY = 604_800
LARGEST_CODE = 256 * 1024


class Status(StrEnum):
    """`queued → running → succeeded | failed | cancelled`, with `cancelling` on the way to the last."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELLED})


class Kind(StrEnum):
    """What a task does: wait, or run a piece of JavaScript."""

    DELAY = "delay"
    JAVASCRIPT = "javascript"


def checked_seconds(seconds: float) -> float:
    """From none to a week."""
    if not 0 <= seconds <= LONGEST_DELAY:
        raise ValueError(f"Give seconds from 0 to {LONGEST_DELAY}.")
    return seconds


def checked_code(code: str) -> str:
    """Code of a length that we keep."""
    if len(code.encode()) > LARGEST_CODE:
        raise ValueError(f"Give {LARGEST_CODE // 1024} KiB of code at most, in UTF-8.")
    return code


Seconds = Annotated[int | float, Meta(extra_json_schema={"minimum": 0, "maximum": LONGEST_DELAY})]
Code = Annotated[
    str,
    Meta(
        description="The result is the value of the last expression, or what it returns; 256 KiB in UTF-8 at most.",
        extra_json_schema={"maxLength": LARGEST_CODE},
    ),
]


class NewDelay(Body, kw_only=True, tag_field="type", tag=str(Kind.DELAY)):
    """Wait so many seconds from now; the result is 0."""

    seconds: Seconds

    RULES: ClassVar[dict[str, Rule]] = {"seconds": checked_seconds}


class NewJavaScript(Body, kw_only=True, tag_field="type", tag=str(Kind.JAVASCRIPT)):
    """Run a piece of JavaScript in a sandbox; for admins."""

    code: Code

    RULES: ClassVar[dict[str, Rule]] = {"code": checked_code}


NewTask = NewDelay | NewJavaScript


def kind_of(body: NewTask) -> Kind:
    """The type that a body asks for."""
    return Kind.DELAY if isinstance(body, NewDelay) else Kind.JAVASCRIPT


class TaskFilters(Filters, kw_only=True):
    """Which tasks to list; those that are given must all fit."""

    status: Annotated[Status | UnsetType, Meta(description="Of this status.")] = UNSET
    type: Annotated[Kind | UnsetType, Meta(description="Of this type.")] = UNSET
    owner: Annotated[int, Meta(ge=1, le=LARGEST_ID, description="Of the user with this id.")] | UnsetType = UNSET


class LogLine(TypedDict):
    """What the code said to its console, and how loudly."""

    level: str
    text: str


class Failure(TypedDict):
    """Why a task failed; docs/tasks.md lists the codes."""

    code: str
    name: str
    message: str
    stack: str


class TaskDocument(TypedDict):
    """A task; `owner` and `cancelled_by` are ids of users."""

    id: str
    type: Kind
    params: dict[str, Any]
    owner: int
    status: Status
    result: Any
    error: Failure | None
    logs: list[LogLine]
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    cancelled_by: int | None
    request_id: str | None
