"""Who may do what: every rule of the product on one page.

A rule returns nothing and raises `Forbidden`, or `Conflict` where the state of things forbids it;
those whose names ask a question answer it.
docs/who-may-do-what.md says the same route by route, and the tests hold the product against it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from models.errors import Conflict, Forbidden, LastAdmin, SignupClosed, WrongMetricsToken
from models.roles import Role
from models.task_kinds import Kind

if TYPE_CHECKING:
    from models.defect.row import DefectRow
    from models.session import Session
    from models.task.row import TaskRow
    from models.user import User
    from models.user.row import UserRow
    from settings import Settings

FIELDS_OF_ADMINS = frozenset({"username", "role"})
FILTERS_OF_ADMINS = frozenset({"email", "role", "deleted"})


def allows(rule: Callable[..., None], *args: Any, **named: Any) -> bool:
    """Whether a rule lets somebody do something: pages offer that and nothing else."""
    try:
        rule(*args, **named)
    except (Forbidden, Conflict):
        return False
    return True


def sign_up(settings: Settings) -> None:
    """Anyone may, unless SIGNUP is closed."""
    if not settings.signup_open:
        raise SignupClosed


def need_role(actor: User, role: Role) -> None:
    """What a role alone may do."""
    if actor.role != role:
        raise Forbidden(f"Only an {role} may do this.")


def manage_users(actor: User) -> None:
    """Create, delete, restore, see who was deleted: admins."""
    need_role(actor, Role.ADMIN)


def use_name(actor: User, username_key: str | None) -> None:
    """Ask for a whole account by its name: one's own, and any for an admin.

    Judged by the name alone, so that nobody learns from the answer whether another account exists.
    """
    if actor.role != Role.ADMIN and actor.username_key != username_key:
        raise _not_yours()


def use_account(actor: User, user: UserRow) -> None:
    """Change and erase an account, and end its sessions: one's own, and any for an admin."""
    if not sees_whole(actor, user):
        raise _not_yours()


def sees_whole(actor: User, user: UserRow) -> bool:
    """Whether somebody is shown a whole account: one's own, and any for an admin. Others see a card."""
    return sees_everything(actor) or bool(actor.id == user.id)


def sees_everything(actor: User) -> bool:
    """Whether somebody is shown and may search whole accounts, and when they were deleted: admins."""
    return bool(actor.role == Role.ADMIN)


def keep_own_role(actor: User, user: UserRow, fields: Collection[str]) -> None:
    """Nobody's role is in their own hands, not even to stay as it is."""
    if "role" in fields and actor.id == user.id:
        raise Forbidden("Nobody changes their own role; leave it out, or ask another admin.")


def change_fields(actor: User, user: UserRow, fields: Collection[str]) -> None:
    """Usernames and roles are for admins to change, one's own role for nobody."""
    keep_own_role(actor, user, fields)
    if actor.role != Role.ADMIN and FIELDS_OF_ADMINS & set(fields):
        raise Forbidden("Only an admin may change a username or a role.")


def must_know_password(actor: User, user: UserRow) -> bool:
    """Whether a new password takes the current one: for oneself, and not for an admin who sets another's."""
    return bool(actor.id == user.id)


def filter_users(actor: User, filters: Collection[str]) -> None:
    """What is not on a card is nothing to find users by, but for admins."""
    if actor.role != Role.ADMIN and FILTERS_OF_ADMINS & set(filters):
        raise Forbidden("Only an admin may find users by email, role or deletion.")


def use_session(actor: User, session: Session) -> None:
    """See and end: one's own alone."""
    if session.user_id != actor.id:
        raise Forbidden("You may only see and end your own sessions.")


def start_task(actor: UserRow, kind: str) -> None:
    """Start a task of a type: delays for everybody, JavaScript for admins."""
    if not may_start(actor, kind):
        raise Forbidden("Only an admin may run JavaScript.")


def may_start(owner: UserRow, kind: str) -> bool:
    """Whether somebody's tasks of a type may begin and go on."""
    return owner.deleted_at is None and (owner.role == Role.ADMIN or kind == Kind.DELAY)


def use_task(actor: User, task: TaskRow, *, owner: UserRow | None) -> None:
    """See and stop: one's own, and for admins that of whoever is a user now."""
    if task.owner_id != actor.id and not (owner is not None and sees_tasks_of(actor, owner)):
        raise Forbidden("You may only see and stop your own tasks, and as an admin those of users.")


def sees_tasks_of(actor: User, owner: UserRow) -> bool:
    """Whether somebody is shown the tasks of that owner: one's own, and for admins those of whoever is a user now."""
    return bool(owner.id == actor.id or (sees_tasks_of_users(actor) and owner.role == Role.USER))


def sees_tasks_of_users(actor: User) -> bool:
    """Whether somebody is shown the tasks of all users, and may stop them: admins."""
    return bool(actor.role == Role.ADMIN)


def report_defect(actor: User) -> None:
    """Report a defect: every live account; reading and changing them too."""


def withdraw_defect(actor: User, defect: DefectRow) -> None:
    """Delete a defect: its creator alone."""
    if defect.user_id != actor.id:
        raise Forbidden("Only its creator may delete a defect.")


def oversee(actor: User) -> None:
    """Read the audit trail and the notices to the counter server, and have those sent again: admins."""
    need_role(actor, Role.ADMIN)


def read_metrics(settings: Settings, *, token: bytes, is_local: bool) -> None:
    """Whoever knows METRICS_TOKEN; where there is none, who asks on this machine and came through no proxy."""
    if settings.metrics_token is None:
        if not is_local:
            raise Forbidden("Ask from this machine and through no proxy, or have METRICS_TOKEN set and send it.")
    elif not secrets.compare_digest(token, settings.metrics_token.encode()):
        raise WrongMetricsToken


def lose_admin(*, live_admins: list[int], user_id: int) -> None:
    """The last live admin stays one."""
    if live_admins == [user_id]:
        raise LastAdmin


def _not_yours() -> Forbidden:
    return Forbidden("You may only use your own account.")
