"""Accounts: made, read, changed and left, each change with its audit entry in one transaction."""

from models.prepared import Columns, Prepared, PreparedRow
from models.user.acting import Acting
from models.user.erasing import Erasing
from models.user.leaving import Leaving
from models.user.making import Making


class User(Making, Leaving, Erasing, Acting):
    """A person with an account, and everything that can be done about it."""

    class Meta:
        table_name = "users"


User.by_id = PreparedRow(User, User.id)
User.cards = Columns(User.id, User.username, User.created_at)
User.accounts = Columns(
    User.id, User.username, User.email, User.role, User.data, User.created_at, User.updated_at, User.deleted_at
)
User.pages_of_all = Prepared(User._page_of_all)
