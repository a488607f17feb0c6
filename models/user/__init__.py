"""Accounts: made, read, changed and left, each change with its audit entry in one transaction."""

from models.prepared import PreparedRow
from models.user.leaving import Leaving
from models.user.making import Making


class User(Making, Leaving):
    """A person with an account, and everything that can be done about it."""

    class Meta:
        table_name = "users"


User.by_id = PreparedRow(User, User.id)
