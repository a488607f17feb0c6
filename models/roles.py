"""The two roles."""

from enum import StrEnum


class Role(StrEnum):
    """What an account may do: `user` its own things, `admin` manage the others too."""

    USER = "user"
    ADMIN = "admin"
