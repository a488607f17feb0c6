"""What the domain refuses, in its own words; api/problems.py says it in HTTP.

AerieError
├── Invalid            fields can't be taken as they are
├── NotSignedIn        no valid session
├── WrongCredentials   that name and password don't open a session
├── WrongMetricsToken  it is not METRICS_TOKEN
├── Forbidden          it exists, and is not this person's to do
│   ├── SignupClosed   accounts are made by admins here
│   └── WrongPassword  the current one, given to change one's own
├── NotFound           there is no such thing
├── Conflict           something else stands in the way
│   ├── UsernameTaken
│   ├── LastAdmin
│   ├── NotDeleted     there is nothing to restore
│   ├── TaskEnded      there is nothing to stop
│   ├── AlreadyDelivered  there is nothing to try again
│   ├── KeyInFlight    an Idempotency-Key is at work
│   └── AlreadyErased  what an Idempotency-Key made is gone
├── KeyReused          an Idempotency-Key has done something else
├── Outdated           it has changed since it was read
│   └── Excluded       If-None-Match names the version that is there
└── ComeBackLater      right now it can't be done; says after how many seconds to ask again
    ├── TooManyAttempts  failed log-ins
    ├── RateLimited      sign-ups, active tasks and the like, by person or address
    └── Unavailable    a store can't be reached, or all places for this work are taken
"""

from collections.abc import Mapping
from types import MappingProxyType


class AerieError(Exception):
    """Base of all; the text is a sentence that says what to do.

    `fields` says what is wrong with each field that is at fault: `{"password": "Use at least 8 characters."}`.
    """

    fields: Mapping[str, str] = MappingProxyType({})


class Invalid(AerieError):
    """Fields can't be taken as they are."""

    TEXT = "Correct the fields named in errors and send the request again."

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(self.TEXT)
        self.fields = fields


class NotSignedIn(AerieError):
    """There is no valid session."""

    def __init__(self) -> None:
        super().__init__("Send `Authorization: Bearer <token>` with a token from POST /auth that is still valid.")


class WrongCredentials(AerieError):
    """That name and password don't open a session, whichever of the two is wrong."""

    def __init__(self) -> None:
        super().__init__("Check the username and the password and try again.")


class WrongMetricsToken(AerieError):
    """What came as a token is not METRICS_TOKEN; a session's token never is."""

    def __init__(self) -> None:
        super().__init__("Send `Authorization: Bearer <token>` with the METRICS_TOKEN of this service.")


class Forbidden(AerieError):
    """It exists, and is not this person's to do."""


class SignupClosed(Forbidden):
    """Accounts are made by admins here."""

    def __init__(self) -> None:
        super().__init__("Sign-up is closed here; ask an admin for an account.")


class WrongPassword(Forbidden):
    """The current password, given to change one's own, is not that."""

    def __init__(self) -> None:
        text = "Check your current password and try again; it is not the one that was given."
        super().__init__(text)
        self.fields = {"current_password": text}


class NotFound(AerieError):
    """There is no such thing."""


class Conflict(AerieError):
    """Something else stands in the way."""


class UsernameTaken(Conflict):
    """Another live account has this name, in some spelling."""

    def __init__(self, text: str = "Choose another username; this one is taken, whatever its letters' case.") -> None:
        super().__init__(text)
        self.fields = {"username": text}


class LastAdmin(Conflict):
    """Without this account nobody could manage the others."""

    def __init__(self) -> None:
        super().__init__("Make somebody else an admin first; this is the last one.")


class NotDeleted(Conflict):
    """The account is live."""

    def __init__(self) -> None:
        super().__init__("There is nothing to restore; this user is not deleted.")


class TaskEnded(Conflict):
    """It has succeeded or failed, and keeps that status."""

    def __init__(self) -> None:
        super().__init__("There is nothing to stop; this task has ended.")


class AlreadyDelivered(Conflict):
    """The notice has arrived."""

    def __init__(self) -> None:
        super().__init__("There is nothing to try again; this notice has been delivered.")


class KeyInFlight(Conflict):
    """The first request with this key is still at work."""

    def __init__(self) -> None:
        super().__init__("Send it again in a moment; the first request with this Idempotency-Key is still under way.")


class AlreadyErased(Conflict):
    """What this key made belonged to an account that was erased, and its answer with it."""

    def __init__(self) -> None:
        super().__init__("Use a new Idempotency-Key; what this one made has been erased since.")


class KeyReused(AerieError):
    """The key has done something else within the last day."""

    def __init__(self) -> None:
        super().__init__("Use a new Idempotency-Key for each request; this one has done something else.")


class Outdated(AerieError):
    """It is no longer the version that the change was meant for."""

    TEXT = "Read it again and send the change with its new ETag; it has changed meanwhile."

    def __init__(self) -> None:
        super().__init__(self.TEXT)


class Excluded(Outdated):
    """It is a version that the change must not replace."""

    TEXT = "Send the change without If-None-Match, which names what is there."


class ComeBackLater(AerieError):
    """Right now it can't be done; `retry_after` is in whole seconds."""

    # Whether the client or person has had its share.
    HAD_SHARE = False

    def __init__(self, text: str, *, retry_after: int) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class TooManyAttempts(ComeBackLater):
    """Too many wrong credentials came from there."""

    HAD_SHARE = True
    TEXT = "Too many failed log-ins; wait as long as Retry-After says."

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(self.TEXT, retry_after=retry_after)


class RateLimited(ComeBackLater):
    """A rate limit or quota of a network or person is reached."""

    HAD_SHARE = True


class Unavailable(ComeBackLater):
    """A store can't be reached, or too much is waiting."""

    def __init__(self, text: str = "Try again in a moment; a store can't be reached.", *, retry_after: int = 1) -> None:
        super().__init__(text, retry_after=retry_after)
