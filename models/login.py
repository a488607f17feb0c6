"""Log-in by name and password, rate-limited, and in the same time for an unknown name as for a wrong password."""

from dataclasses import dataclass

import logs
from models import password, refusals
from models.account import Credentials
from models.errors import TooManyAttempts, WrongCredentials
from models.names import key_if_possible
from models.refusals import Reason
from models.stores import DATABASE_FAULTS, drop_connection, opened
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
            form = password.matching_form(credentials.password, user.password_hash if user else None)
            new_hash = password.rehashed(form) if form is not None else None
            if form is None:
                refusals.note(user_id=user.id if user else None, address=client.address)
                attempt.failed()
    except TooManyAttempts:
        opened.count_refusal(Reason.THROTTLED)
        raise
    if user is not None and form is not None:
        if new_hash is not None:
            _keep(user, new_hash)
        return user
    opened.count_refusal(Reason.WRONG_CREDENTIALS)
    logs.warning("log-in refused", user=user.id if user else None, address=client.address)
    raise WrongCredentials


def _keep(user: User, new_hash: str) -> None:
    """Keep the hash of the password in NFC; the next log-in tries again if the database refuses."""
    try:
        user.keep_rehashed(new_hash)
    except DATABASE_FAULTS as fault:
        drop_connection()
        logs.warning("password not rehashed", user=user.id, fault=type(fault.__cause__ or fault).__name__)
    else:
        logs.info("password rehashed", user=user.id)
