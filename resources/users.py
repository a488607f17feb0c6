"""`/users`: everybody, for admins to manage and for others to look up."""

from operator import itemgetter

import falcon

from hooks import authenticated, body, idempotent, if_absent, if_match, load, page, query, role
from hooks.page import Page
from models import policy
from models.account import MergedUser, NewUser, ReplacedUser, UserFilters, Visibility
from models.idempotency import Once
from models.roles import Role
from models.user import User
from models.version import Expected
from resources import Resource
from resources.auth import Revoked
from resources.paging import Listing, answer
from resources.repeated import first_answer
from resources.versioned import show


@falcon.before(authenticated)
class Users(Resource):
    """All users, and the admins' door for new ones."""

    @falcon.before(page, UserFilters, rule=policy.filter_users)
    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, page: Page, filters: UserFilters) -> None:
        """List users, in the order of their ids.

        Admins see whole accounts, others cards, of themselves too. All filters that are given must fit. Deleted users
        are there for admins who ask for them.

        200 [Account | Card]: one page of them
        403: that filter is for admins
        """
        found = User.page(filters, by=actor, limit=page.limit + 1, after=page.cursor)
        listing = Listing.of(found, page, show=list, place=itemgetter("id"))
        answer(req, resp, page, listing, total=lambda most: User.number(filters, by=actor, most=most))

    @falcon.before(role, Role.ADMIN)
    @falcon.before(body, NewUser)
    @falcon.before(idempotent)
    def on_post(self, req: falcon.Request, resp: falcon.Response, actor: User, body: NewUser, once: Once) -> None:
        """Make an account for somebody, of either role.

        They log in with the password that you give, and may change it.

        201 Account: the account; Location says where it is
        403: you are no admin
        409: the username is taken
        """
        user = first_answer(
            resp, once, lambda: User.add(body, by=actor, once=once).shown_to(actor), rule=policy.manage_users
        )
        resp.status = falcon.HTTP_201
        resp.location = f"/users/{user['id']}"
        show(req, resp, user)


@falcon.before(authenticated)
class OneUser(Resource):
    """A user, by id."""

    @falcon.before(query, Visibility, rule=policy.filter_users)
    def on_get(
        self, req: falcon.Request, resp: falcon.Response, actor: User, user_id: int, filters: Visibility
    ) -> None:
        """Read a user: the account of yourself, and of all for admins; else a card.

        Deleted users are there for admins who ask for them.

        200 Account | Card: the user
        403: deleted users are for admins to see
        """
        show(req, resp, User.with_id(actor, user_id, filters.deleted).shown_to(actor))

    @falcon.before(load, "user_id", user=User.usable)
    @falcon.before(if_match)
    @falcon.before(body, ReplacedUser, user=policy.change_fields)
    def on_put(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        actor: User,
        user: User,
        body: ReplacedUser,
        expected: Expected,
    ) -> None:
        """Change the fields that are given; data comes in place of the old.

        `username` and `role` are for admins to change, one's own role for nobody. A new password ends
        all other sessions of that user; one's own needs `current_password` too.

        200 Account: the account as it is now
        409: the username is taken, or it is the last admin
        429: too many wrong passwords came from there
        """
        show(req, resp, user.replace_fields(body, by=actor, expected=expected).shown_to(actor))

    @falcon.before(load, "user_id", user=User.usable)
    @falcon.before(if_match)
    @falcon.before(body, MergedUser, user=policy.change_fields)
    def on_patch(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        actor: User,
        user: User,
        body: MergedUser,
        expected: Expected,
    ) -> None:
        """Change the fields that are given; data is a merge patch (RFC 7396).

        Everything else as with PUT.

        200 Account: the account as it is now
        409: the username is taken, or it is the last admin
        429: too many wrong passwords came from there
        """
        show(req, resp, user.merge_fields(body, by=actor, expected=expected).shown_to(actor))

    @falcon.before(role, Role.ADMIN)
    @falcon.before(load, "user_id", user=User.usable)
    @falcon.before(if_match)
    def on_delete(
        self, req: falcon.Request, resp: falcon.Response, actor: User, user: User, expected: Expected
    ) -> None:
        """Delete a user, until they are restored.

        Their sessions end at once, their tasks are stopped, and their name is free.

        200 Deactivated: what ended with it
        409: it is the last admin
        """
        resp.media = user.deactivate(by=actor, expected=expected)


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
@falcon.before(load, "user_id", user=User.restorable)
class Restoration(Resource):
    """The way back from a deletion that was not for good."""

    @falcon.before(if_absent)
    def on_post(self, req: falcon.Request, resp: falcon.Response, actor: User, user: User) -> None:
        """Restore a deleted user.

        The account is as it was; its sessions stay ended.

        200 Account: the account
        409: its username has another owner now, or it is not deleted
        """
        show(req, resp, user.restore(by=actor).shown_to(actor))


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
@falcon.before(load, "user_id", user=User.usable)
class SessionsOfUser(Resource):
    """Where else somebody is logged in, for admins to end."""

    @falcon.before(if_absent)
    def on_delete(self, req: falcon.Request, resp: falcon.Response, actor: User, user: User) -> None:
        """End all sessions of a user.

        Their tokens are dead at once; of your own, the one that you came with too.

        200 Revoked: how many there were, null while Redis is away
        """
        revoked: Revoked = {"sessions_revoked": user.end_sessions(by=actor)}
        resp.media = revoked
