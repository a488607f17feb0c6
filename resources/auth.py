"""`/auth`: log in, log out, and see where else one is logged in."""

from typing import TypedDict

import falcon

from hooks import authenticated, client, credentials, if_absent, load, page
from hooks.page import Page
from models.account import Credentials
from models.login import Client
from models.session import Session
from models.user import User
from resources import Resource
from resources.paging import Listing, answer


class Revoked(TypedDict):
    """How many sessions were ended; null while Redis is away."""

    sessions_revoked: int | None


class Auth(Resource):
    """The session itself: POST opens one, DELETE ends the one you came with."""

    @falcon.before(credentials)
    @falcon.before(client)
    def on_post(self, req: falcon.Request, resp: falcon.Response, body: Credentials, client: Client) -> None:
        """Log in.

        Takes the username and the password as JSON, as a form or by HTTP Basic. A user has 100 sessions at most: one
        more ends the oldest.

        201 Grant: a token; Location names its session
        401: that name and password don't fit
        429: too many wrong passwords came from there
        """
        session = Session.open(body, client=client)
        resp.status = falcon.HTTP_201
        resp.location = f"/auth/sessions/{session.id}"
        resp.media = session.grant()

    @falcon.before(authenticated)
    @falcon.before(if_absent)
    def on_delete(self, req: falcon.Request, resp: falcon.Response, actor: User) -> None:
        """Log out.

        Ends the session that you came with, and no other.

        204: the token is dead
        """
        Session.end_current(by=actor)
        resp.status = falcon.HTTP_204


@falcon.before(authenticated)
class Sessions(Resource):
    """One's own sessions."""

    @falcon.before(page)
    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, page: Page) -> None:
        """List your sessions, newest first.

        Each is a log-in that has not ended: since when, from where, and whether it is the one that you ask with.

        200 [SessionDocument]: one page of them
        """
        found = Session.of(actor, limit=page.limit + 1, before=page.cursor)
        listing = Listing.of(
            found,
            page,
            show=lambda some: [session.to_dict(current=session.id == actor.session_id) for session in some],
            place=lambda session: session.place,
        )
        answer(req, resp, page, listing, total=lambda most: actor.session_index.number())

    @falcon.before(if_absent)
    def on_delete(self, req: falcon.Request, resp: falcon.Response, actor: User) -> None:
        """End all your other sessions.

        The one that you ask with stays valid.

        200 Revoked: how many there were, null while Redis is away
        """
        revoked: Revoked = {"sessions_revoked": actor.end_sessions(by=actor, but=actor.session_id)}
        resp.media = revoked


@falcon.before(authenticated)
@falcon.before(load, "session_id", session=Session.seen_by)
class OneSession(Resource):
    """One of one's own sessions."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, session: Session) -> None:
        """Read a session.

        When it began and ends, when and from where it was used.

        200 SessionDocument: the session
        """
        resp.media = session.to_dict(current=session.id == actor.session_id)

    @falcon.before(if_absent)
    def on_delete(self, req: falcon.Request, resp: falcon.Response, actor: User, session: Session) -> None:
        """End a session.

        Whoever uses it has to log in again.

        204: its token is dead
        412: If-None-Match is `*`
        """
        session.end(by=actor)
        resp.status = falcon.HTTP_204
