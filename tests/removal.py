"""Removal of erased accounts, as the scheduler does it."""

from models.user import User

MOST_BATCHES = 1000


def remove_erased() -> int:
    """Remove everything that erased users have left; return how many batches it took."""
    for batches in range(MOST_BATCHES):
        if not User.remove_erased():
            return batches
    raise AssertionError("the removal does not end")
