"""What is done with a user: a new password, the end of sessions, deletion and the way back."""

import falcon

from hooks import authenticated, form, load, role
from hooks.form import BLANK, Form, optional
from models.account import NewPassword
from models.bodies import Body
from models.roles import Role
from models.user import User
from resources.admin.action import Action
from resources.pages import FormView, go, lead, show


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
@falcon.before(load, "user_id", user=User.usable)
class PasswordPage(FormView):
    """A new password for somebody; one's own takes the current one too."""

    @falcon.before(form, NewPassword, current_password=optional)
    def on_post(self, req: falcon.Request, resp: falcon.Response, actor: User, user: User, body: NewPassword) -> None:
        """Set it."""
        user.merge_fields(body, by=actor)
        ended = "all other sessions of yours have ended" if user.id == actor.id else "all their sessions have ended"
        go(
            req,
            resp,
            f"/admin/users/{user.id}",
            actor=actor,
            saying=f"The password of {user.username} is changed, and {ended}.",
        )

    def show(self, req: falcon.Request, resp: falcon.Response, actor: User, user: User, form: Form = BLANK) -> None:
        """Ask for it."""
        show(req, resp, "users/password.html", actor=actor, user=user, form=form)


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
@falcon.before(load, "user_id", user=User.restorable)
class DeleteUserPage(FormView):
    """The deletion that can be undone, once it is clear what ends with it; who is deleted already stays so."""

    @falcon.before(form, Body)
    def on_post(self, req: falcon.Request, resp: falcon.Response, actor: User, user: User, body: Body) -> None:
        """Delete them."""
        if user.deleted_at is not None:
            return lead(resp, f"/admin/users/{user.id}")  # by a first click of two
        ended = user.deactivate(by=actor)
        sessions, tasks = _number(ended["sessions_revoked"]), len(ended["tasks_cancelled"])
        saying = f"{user.username} is deleted; sessions ended: {sessions}, tasks stopped: {tasks}."
        go(req, resp, f"/admin/users/{user.id}", actor=actor, saying=saying)

    def show(self, req: falcon.Request, resp: falcon.Response, actor: User, user: User, form: Form = BLANK) -> None:
        """The question."""
        show(req, resp, "users/delete.html", actor=actor, user=user, form=form, ending=user.would_end(by=actor))


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
@falcon.before(load, "user_id", user=User.restorable)
class RestoreUser(Action):
    """The way back."""

    def on_post(self, req: falcon.Request, resp: falcon.Response, actor: User, user: User) -> None:
        """Restore them."""
        user.restore(by=actor)
        go(req, resp, f"/admin/users/{user.id}", actor=actor, saying=f"{user.username} is back; sessions stay ended.")


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
@falcon.before(load, "user_id", user=User.usable)
class EndSessions(Action):
    """Where else somebody is logged in, ended."""

    def on_post(self, req: falcon.Request, resp: falcon.Response, actor: User, user: User) -> None:
        """End all their sessions; of one's own, all but this one."""
        kept = actor.session_id if user.id == actor.id else None
        ended = _number(user.end_sessions(by=actor, but=kept))
        go(req, resp, f"/admin/users/{user.id}", actor=actor, saying=f"Sessions of {user.username} ended: {ended}.")


def _number(ended: int | None) -> str:
    return "all" if ended is None else str(ended)
