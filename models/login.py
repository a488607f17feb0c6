"""Who somebody is, by name and password: in the same time whatever is wrong, and not for ever."""

from dataclasses import dataclass

import logs
from models import password, refusals
from models.account import Credentials
from models.errors import TooManyAttempts, WrongCredentials
from models.names import key_if_possible
from models.refusals import Reason
from models.stores import opened
from models.throttle import Attempt
from models.user import User


@dataclass(frozen=True, kw_only=True)
class Client:
    """Where a request comes from."""

    address: str
    user_agent: str


def proven_user(credentials: Credentials, client: Client) -> User:
    """The user whose name and password these are; WrongCredentials, or TooManyAttempts without hashing."""
    key = key_if_possible(credentials.username)
    attempt = Attempt(account=key or credentials.username, address=client.address)
    try:
        with attempt.turn():
            user = User.live(key) if key else None
            known_hash = user.password_hash if user else None
            if password.matches(credentials.password, known_hash) and user is not None:
                return user
            refusals.note(user_id=user.id if user else None, address=client.address)
            attempt.failed()
    except TooManyAttempts:
        opened.count_refusal(Reason.THROTTLED)
        raise
    opened.count_refusal(Reason.WRONG_CREDENTIALS)
    logs.warning("log-in refused", user=user.id if user else None, address=client.address)
    raise WrongCredentials
