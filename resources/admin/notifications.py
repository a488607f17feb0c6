"""`/admin/notifications`: what the counter server was told, what it still has to hear, and what failed."""

import falcon

from hooks import authenticated, load, page_of_form, role
from hooks.form import BLANK, Form
from hooks.page import Page
from models.notification import Notification
from models.notification_document import NotificationFilters
from models.roles import Role
from models.user import User
from resources.admin.action import Action
from resources.pages import View, go, show, show_list
from resources.paging import EMPTY, Listing


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
class NotificationsPage(View):
    """Every notice."""

    @falcon.before(page_of_form, NotificationFilters)
    def on_get(
        self, req: falcon.Request, resp: falcon.Response, actor: User, page: Page, filters: NotificationFilters
    ) -> None:
        """List notices that fit the filters."""
        found = Notification.page(filters, by=actor, limit=page.limit + 1, before=page.cursor)
        self.show(req, resp, actor, Listing.of(found, page, show=list), Form(req.params))

    def show(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        actor: User,
        listing: Listing = EMPTY,
        form: Form = BLANK,
    ) -> None:
        """The list, under its filters."""
        names = User.names((notice.user_id for notice in listing.items), to=actor)
        show_list(req, resp, "notifications/list.html", actor=actor, listing=listing, form=form, names=names)


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
@falcon.before(load, "notification_id", notice=Notification.visible)
class NotificationPage(View):
    """A notice, and how it has gone so far."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, notice: Notification) -> None:
        """Show it."""
        names = User.names([notice.user_id], to=actor)
        show(req, resp, "notifications/one.html", actor=actor, notice=notice, shown=notice.to_dict(), names=names)


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
@falcon.before(load, "notification_id", notice=Notification.visible)
class RetryNotice(Action):
    """Another three days for a notice that has failed."""

    def on_post(self, req: falcon.Request, resp: falcon.Response, actor: User, notice: Notification) -> None:
        """Try it again."""
        notice.retry(by=actor)
        go(
            req,
            resp,
            f"/admin/notifications/{notice.id}",
            actor=actor,
            saying=f"Notice {notice.id} is tried again.",
        )
