"""Who may do what: every rule of the product on one page.

A rule returns nothing and raises `Forbidden`, or `Conflict` where the state of things forbids it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import Forbidden, LastAdmin, SignupClosed
from models.roles import Role

if TYPE_CHECKING:
    from models.session import Session
    from models.user import User
    from settings import Settings


def sign_up(settings: Settings) -> None:
    """Anyone may, unless SIGNUP is closed."""
    if not settings.signup_open:
        raise SignupClosed


def use_account(actor: User, username_key: str | None) -> None:
    """Read, change and erase: one's own account, and any for an admin.

    Judged by the name alone, so that nobody learns from the answer whether another account exists.
    """
    if actor.role != Role.ADMIN and actor.username_key != username_key:
        raise Forbidden("You may only use your own account.")


def use_session(actor: User, session: Session) -> None:
    """See and end: one's own alone."""
    if session.user_id != actor.id:
        raise Forbidden("You may only see and end your own sessions.")


def lose_admin(*, live_admins: list[int], user_id: int) -> None:
    """The last live admin stays one."""
    if live_admins == [user_id]:
        raise LastAdmin
