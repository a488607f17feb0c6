"""Every kind of problem there is, and which error, or status of HTTP's own, is of which kind."""

from dataclasses import dataclass

from hooks import csrf, host, media
from models import errors
from resources.docs import ProblemDescription

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Problem:
    """A kind of problem; `/problems/<slug>` says what it means."""

    slug: str
    status: int
    title: str
    meaning: str


_INVALID = Problem(
    "invalid-input", 400, "Invalid input", "Fields are missing, unknown or wrong; errors names each of them."
)
_MALFORMED = Problem("malformed-body", 400, "Malformed body", "The body can't be read as what it says it is.")
BAD_REQUEST = Problem("bad-request", 400, "Bad request", "The request can't be understood as HTTP.")
_NOT_SIGNED_IN = Problem(
    "not-signed-in", 401, "Not signed in", "There is no valid session: log in with POST /auth and send its token."
)
_WRONG_CREDENTIALS = Problem(
    "wrong-credentials", 401, "Wrong credentials", "That username and that password don't fit each other."
)
_WRONG_METRICS_TOKEN = Problem(
    "wrong-metrics-token", 401, "Wrong metrics token", "Figures are for who sends METRICS_TOKEN as their bearer token."
)
_FORBIDDEN = Problem("forbidden", 403, "Not allowed", "It exists, or may exist, and is not yours to do.")
_FORGED = Problem(
    "forged-request",
    403,
    "Not from our pages",
    "A write by cookie needs this site's Origin and the CSRF token of its session; one by bearer token needs neither.",
)
_SIGNUP_CLOSED = Problem("signup-closed", 403, "Sign-up is closed", "Only an admin can make accounts here.")
_WRONG_PASSWORD = Problem(
    "wrong-password", 403, "Wrong password", "One's own password changes only for who knows the current one."
)
_NOT_FOUND = Problem("not-found", 404, "Not found", "There is nothing at this address.")
_NO_SUCH_METHOD = Problem("method-not-allowed", 405, "Method not allowed", "Allow lists the methods that are.")
_TOO_SLOW = Problem("request-timeout", 408, "Request timeout", "The request did not arrive in time; send it again.")
_CONFLICT = Problem("conflict", 409, "Conflict", "Something else stands in the way; change that first.")
_USERNAME_TAKEN = Problem("username-taken", 409, "Username taken", "Usernames are unique, whatever their case.")
_LAST_ADMIN = Problem("last-admin", 409, "Last admin", "One admin must stay; make somebody else an admin first.")
_NOT_DELETED = Problem("not-deleted", 409, "Not deleted", "Only a user who was deleted can be restored.")
_TASK_ENDED = Problem("task-ended", 409, "Task ended", "Only a task that has not ended can be stopped.")
_ALREADY_DELIVERED = Problem("already-delivered", 409, "Already delivered", "A delivered notice is not sent again.")
_KEY_IN_FLIGHT = Problem(
    "key-in-flight", 409, "Key in flight", "The first request with this Idempotency-Key is still under way."
)
_ALREADY_ERASED = Problem(
    "already-erased", 409, "Already erased", "What this Idempotency-Key made has been erased with its account."
)
_KEY_REUSED = Problem(
    "key-reused", 422, "Key reused", "An Idempotency-Key stands for one request; this one has done another."
)
_OUTDATED = Problem(
    "outdated", 412, "Outdated", "It has changed since it was read; read it and repeat the change with its new ETag."
)
_TOO_LARGE = Problem("body-too-large", 413, "Body too large", "A body may have 1 MiB.")
_ADDRESS_TOO_LONG = Problem("address-too-long", 414, "Address too long", "An address may have 8 KB, with its query.")
_NOT_JSON = Problem("unsupported-media-type", 415, "Not JSON", "Send JSON, and say so in Content-Type.")
_ENCODED = Problem(
    "unsupported-encoding", 415, "Unsupported encoding", "Send the body as it is, without Content-Encoding."
)
_EXPECTATION = Problem("expectation-failed", 417, "Expectation failed", "Expect may be 100-continue, and nothing else.")
_TOO_MANY = Problem(
    "too-many-attempts", 429, "Too many attempts", "Too many passwords were wrong; wait as long as Retry-After says."
)
_RATE_LIMITED = Problem(
    "rate-limited",
    429,
    "Too many requests",
    "A limit per person or address is reached; wait as long as Retry-After says.",
)
_HEADER_TOO_LARGE = Problem(
    "header-too-large", 431, "Header too large", "A header may have 32 KiB and 100 fields, each of 8 KB."
)
INTERNAL = Problem(
    "internal-error", 500, "Internal error", "The fault is ours; give the request_id to whoever runs this service."
)
_NOT_IMPLEMENTED = Problem("not-implemented", 501, "Not implemented", "Send a body as it is, or chunked.")
_UNAVAILABLE = Problem(
    "unavailable", 503, "Unavailable", "A store can't be reached, or too many wait; ask again as Retry-After says."
)

# The nearest class of an error's ancestry decides.
BY_ERROR: dict[type[BaseException], Problem] = {
    errors.Invalid: _INVALID,
    errors.NotSignedIn: _NOT_SIGNED_IN,
    errors.WrongCredentials: _WRONG_CREDENTIALS,
    errors.WrongMetricsToken: _WRONG_METRICS_TOKEN,
    errors.Forbidden: _FORBIDDEN,
    errors.SignupClosed: _SIGNUP_CLOSED,
    errors.WrongPassword: _WRONG_PASSWORD,
    errors.NotFound: _NOT_FOUND,
    errors.Conflict: _CONFLICT,
    errors.UsernameTaken: _USERNAME_TAKEN,
    errors.LastAdmin: _LAST_ADMIN,
    errors.NotDeleted: _NOT_DELETED,
    errors.TaskEnded: _TASK_ENDED,
    errors.AlreadyDelivered: _ALREADY_DELIVERED,
    errors.KeyInFlight: _KEY_IN_FLIGHT,
    errors.AlreadyErased: _ALREADY_ERASED,
    errors.KeyReused: _KEY_REUSED,
    errors.Outdated: _OUTDATED,
    errors.TooManyAttempts: _TOO_MANY,
    errors.RateLimited: _RATE_LIMITED,
    errors.Unavailable: _UNAVAILABLE,
    csrf.Forged: _FORGED,
    media.Malformed: _MALFORMED,
    media.TooLarge: _TOO_LARGE,
    media.TooSlow: _TOO_SLOW,
    media.NotJSON: _NOT_JSON,
    media.Encoded: _ENCODED,
    host.BadHost: BAD_REQUEST,
}
BY_STATUS = {
    problem.status: problem
    for problem in (
        BAD_REQUEST, _NOT_FOUND, _NO_SUCH_METHOD, _ADDRESS_TOO_LONG, _EXPECTATION, _HEADER_TOO_LARGE, INTERNAL,
        _NOT_IMPLEMENTED,
    )
}  # fmt: skip
_ALL = (*BY_ERROR.values(), *BY_STATUS.values())

DESCRIPTIONS: dict[str, ProblemDescription] = {
    problem.slug: {
        "type": f"/problems/{problem.slug}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.meaning,
    }
    for problem in _ALL
}
