"""The people that tests are about."""

import jwt

from models.account import Credentials
from models.errors import NotSignedIn
from models.login import Client
from models.session import Session
from models.user import User
from tests.leaks import hand_out

HOME = Client(address="127.0.0.1", user_agent="tests")


class Person:
    """Somebody with an account, a password and a session."""

    def __init__(self, user: User, password: str) -> None:
        self.user, self.password = user, password
        self.token = self.log_in()

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def name(self) -> str:
        return self.user.username

    @property
    def headers(self) -> dict[str, str]:
        """What a request of theirs carries."""
        return bearer(self.token)

    def log_in(self) -> str:
        """Open another session and return its token."""
        credentials = Credentials(username=self.name, password=self.password)
        token = Session.open(credentials, client=HOME).grant()["token"]
        hand_out(token)
        return token

    def as_actor(self) -> User:
        """The actor that a request of theirs would hand to a verb."""
        return Session.bearer(self.token)


def bearer(token: str) -> dict[str, str]:
    """A header with a token in it."""
    return {"Authorization": f"Bearer {token}"}


def claims(token: str) -> dict[str, str]:
    """What a token says, whoever signed it."""
    read: dict[str, str] = jwt.decode(token, options={"verify_signature": False})
    return read


def is_valid(token: str) -> bool:
    """Whether a token opens anything at this moment."""
    try:
        return bool(Session.bearer(token))
    except NotSignedIn:
        return False
