"""What may be asked of an account, and what it looks like."""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, NotRequired, TypedDict

from msgspec import UNSET, Meta, UnsetType, field

from models import names, password
from models.bodies import Body, Filters, Rule
from models.errors import Invalid
from models.fields import Instant
from models.names import checked_username, possible_username
from models.password import checked_password
from models.profile import LONGEST_EMAIL, checked_data, checked_email, checked_part, merged, possible_email
from models.roles import Role

# For the OpenAPI document alone; the rules below decide, with sentences that say more.
# No pattern says what a name may be: its letters are those that NFKC leaves.
Username = Annotated[str, Meta(extra_json_schema={"format": "username", "minLength": 1, "maxLength": names.LONGEST})]
Password = Annotated[
    str,
    Meta(extra_json_schema={"format": "password", "minLength": password.SHORTEST, "maxLength": password.LONGEST}),
]
CurrentPassword = Annotated[
    str, Meta(extra_json_schema={"format": "password"}, description="Needed with a new password of your own.")
]
Email = Annotated[str, Meta(extra_json_schema={"format": "email", "maxLength": LONGEST_EMAIL})]
Part = Annotated[str, Meta(extra_json_schema={"format": "printable", "minLength": 1, "maxLength": LONGEST_EMAIL})]
Data = Annotated[dict[str, Any], Meta(description="Any JSON object of 64 KiB and 32 levels at most.")]


class Credentials(Body, kw_only=True):
    """A name and a password as somebody gave them; both may be any text."""

    username: str
    password: str


class NewAccount(Body, kw_only=True):
    """Signing up takes a name and a password; an e-mail address and any JSON object may come along."""

    username: Username
    password: Password
    email: Email | None = None
    data: Data = field(default_factory=dict)

    RULES: ClassVar[dict[str, Rule]] = {
        "username": checked_username,
        "password": checked_password,
        "email": checked_email,
        "data": checked_data,
    }
    UNKNOWN: ClassVar[str] = "There is no such field here; put what you like under data."

    def faults_together(self) -> dict[str, str]:
        """A password that is the name protects nothing."""
        return password.faults_with(self.password, self.username)


class NewUser(NewAccount, kw_only=True):
    """An account that an admin makes for somebody else; the role must be given."""

    role: Role


class _Profile(Body, kw_only=True):
    email: Email | None | UnsetType = UNSET

    RULES: ClassVar[dict[str, Rule]] = {"email": checked_email, "data": checked_data}
    UNKNOWN: ClassVar[str] = NewAccount.UNKNOWN


class ReplacedProfile(_Profile, kw_only=True):
    """New data in place of the old; the e-mail address stays unless one is given, or null."""

    data: Data


class MergedProfile(_Profile, kw_only=True):
    """A merge patch (RFC 7396) for the data: null takes a key away, and what is not named stays."""

    data: Data | UnsetType = UNSET


class _User(_Profile, kw_only=True):
    username: Username | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    password: Password | UnsetType = UNSET
    current_password: CurrentPassword | UnsetType = UNSET
    data: Data | UnsetType = UNSET

    RULES: ClassVar[dict[str, Rule]] = NewAccount.RULES


class ReplacedUser(_User, kw_only=True):
    """Only given fields change; new data comes in place of the old."""


class MergedUser(_User, kw_only=True):
    """Only given fields change; data is a merge patch (RFC 7396)."""


class NewPassword(Body, kw_only=True):
    """A new password and nothing else, with the current one where it is one's own."""

    password: Password
    current_password: CurrentPassword | UnsetType = UNSET

    RULES: ClassVar[dict[str, Rule]] = {"password": checked_password}


class Deleted(StrEnum):
    """Deleted users as well as live ones, or they alone."""

    INCLUDE = "include"
    ONLY = "only"


class Visibility(Filters, kw_only=True):
    """Deleted users are nowhere but where an admin asks for them."""

    deleted: Annotated[Deleted | UnsetType, Meta(description="Show deleted users too, or alone; for admins.")] = UNSET


class UserFilters(Visibility, kw_only=True):
    """Which users to list; those that are given must all fit."""

    username: Annotated[Username | UnsetType, Meta(description="Exactly this name, in any spelling.")] = UNSET
    email: Annotated[Email | UnsetType, Meta(description="Exactly this address, in any case; for admins.")] = UNSET
    role: Annotated[Role | UnsetType, Meta(description="Of this role; for admins.")] = UNSET
    q: Annotated[Part | UnsetType, Meta(description="A part of the name; for admins, of the address too.")] = UNSET

    RULES: ClassVar[dict[str, Rule]] = {
        "username": possible_username,
        "email": possible_email,
        "q": checked_part,
    }


class Card(TypedDict):
    """What others see of a user."""

    id: int
    username: str
    created_at: Instant


class Deactivated(TypedDict):
    """What ended with an account: how many sessions (null while Redis is away), and which tasks."""

    sessions_revoked: int | None
    tasks_cancelled: list[str]


class Ending(TypedDict):
    """What would end with an account: how many sessions (None while Redis is away) and how many tasks."""

    sessions: int | None
    tasks: int


class Account(TypedDict):
    """A whole account, for its owner and for admins; `deleted_at` is for admins."""

    id: int
    username: str
    email: str | None
    role: Role
    data: dict[str, Any]
    created_at: Instant
    updated_at: Instant
    deleted_at: NotRequired[Instant | None]


def checked_merge(data: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Apply a merge patch to an account's data; Invalid if the result is more than we keep."""
    try:
        return checked_data(merged(data, patch))
    except ValueError as fault:
        raise Invalid({"data": str(fault)}) from None
