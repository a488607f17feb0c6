"""`/admin/users`: find users, make them, and change them."""

from operator import itemgetter

import falcon

from hooks import authenticated, form, form_expected, form_once, load, page_of_form, role
from hooks.form import BLANK, Form, as_object, optional, or_none
from hooks.page import Page
from models import policy
from models.account import NewUser, ReplacedUser, UserFilters
from models.idempotency import Once
from models.roles import Role
from models.user import User
from models.version import Expected, version_of
from resources.admin.listed import List
from resources.pages import FormView, View, go, show
from resources.paging import Listing
from resources.repeated import first_answer
from resources.shown_as import json


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
class UsersPage(List):
    """All users."""

    template = "users/list.html"

    @falcon.before(page_of_form, UserFilters, rule=policy.filter_users)
    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, page: Page, filters: UserFilters) -> None:
        """List users that fit the filters."""
        found = User.page(filters, by=actor, limit=page.limit + 1, after=page.cursor)
        self.show(req, resp, actor, Listing.of(found, page, show=list, place=itemgetter("id")), Form(req.params))


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
class NewUserPage(FormView):
    """The admins' door for new accounts."""

    @falcon.before(form, NewUser, email=optional, data=as_object)
    @falcon.before(form_once)
    def on_post(self, req: falcon.Request, resp: falcon.Response, actor: User, body: NewUser, once: Once) -> None:
        """Make the account."""
        user = first_answer(
            resp, once, lambda: User.add(body, by=actor, once=once).shown_to(actor), rule=policy.manage_users
        )
        go(req, resp, f"/admin/users/{user['id']}", actor=actor, saying=f"{user['username']} has an account now.")

    def show(self, req: falcon.Request, resp: falcon.Response, actor: User, form: Form = BLANK) -> None:
        """Ask for what an account needs."""
        show(req, resp, "users/new.html", actor=actor, form=form)


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
class UserPage(View):
    """A user: what there is to know, to change and to do; a deleted one can be restored."""

    @falcon.before(load, "user_id", user=User.restorable)
    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, user: User) -> None:
        """Show the account."""
        self.show(req, resp, actor, user)

    @falcon.before(load, "user_id", user=User.usable)
    @falcon.before(form, ReplacedUser, email=or_none, data=as_object)
    @falcon.before(form_expected)
    def on_post(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        actor: User,
        user: User,
        body: ReplacedUser,
        expected: Expected,
    ) -> None:
        """Change the account."""
        changed = user.replace_fields(body, by=actor, expected=expected)
        go(req, resp, f"/admin/users/{user.id}", actor=actor, saying=f"{changed.username} is changed.")

    def show(
        self, req: falcon.Request, resp: falcon.Response, actor: User, user: User, form: Form | None = None
    ) -> None:
        """The account, and the form to change it; as it is by now, where that was refused."""
        if form is not None:
            user = User.restorable(actor, user.id)
        values = {"username": user.username, "email": user.email or "", "role": user.role, "data": json(user.data)}
        version = version_of(user.shown_to(actor))
        show(req, resp, "users/one.html", actor=actor, user=user, form=form or Form(values), version=version)
