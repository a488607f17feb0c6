"""`/admin/login` and `/admin/logout`: the session of a browser, kept in a cookie."""

from contextlib import suppress

import falcon

from hooks import authenticated, client, cookie, form, same_origin
from hooks.form import BLANK, Form
from models import policy
from models.account import Credentials
from models.errors import NotSignedIn, Unavailable
from models.login import Client
from models.roles import Role
from models.session import Session
from models.user import User
from resources.admin.action import Action
from resources.pages import FormView, are_at, lead, show
from resources.refused import ENTRANCE


class LogIn(FormView):
    """The entrance, for anyone."""

    @falcon.before(same_origin)
    @falcon.before(form, Credentials)
    @falcon.before(client)
    def on_post(self, req: falcon.Request, resp: falcon.Response, body: Credentials, client: Client) -> None:
        """Log in: always with a new session; the one that the browser came with ends."""
        session = Session.open(body, client=client)
        _end(cookie.token(req))
        grant = session.grant()
        cookie.keep(req, resp, grant["token"], seconds=grant["expires_in"])
        lead(resp, _wanted(req) or _home(Session.bearer(grant["token"])))

    def show(self, req: falcon.Request, resp: falcon.Response, form: Form = BLANK) -> None:
        """Ask for name and password."""
        show(req, resp, "login.html", form=form, told=None if form.refusal else _told(req))


@falcon.before(authenticated)
class LogOut(Action):
    """The way out, for everybody who is logged in."""

    def on_post(self, req: falcon.Request, resp: falcon.Response, actor: User) -> None:
        """Log out."""
        Session.end_current(by=actor)
        cookie.forget(req, resp)
        lead(resp, f"{ENTRANCE}?left=")


def _end(token: str) -> None:
    # Whatever becomes of it: the browser has forgotten it by now.
    with suppress(NotSignedIn, Unavailable):
        if token:
            Session.end_current(by=Session.bearer(token))


def _told(req: falcon.Request) -> str | None:
    if "left" in req.params:
        return "You are logged out."
    if "lost" in req.params:
        return "Your session has ended, so what you sent was not done. Log in, and send it again."
    return None


def _wanted(req: falcon.Request) -> str | None:
    wanted = req.get_param("next") or ""
    # Anything else may be somebody else's address.
    return wanted if are_at(wanted) else None


def _home(actor: User) -> str:
    return "/admin" if policy.allows(policy.need_role, actor, Role.ADMIN) else "/docs"
