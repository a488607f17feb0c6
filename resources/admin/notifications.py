"""`/admin/notifications`: what the counter server was told, what it still has to hear, and what failed."""

import falcon

from hooks import authenticated, load, page_of_form, role
from hooks.form import Form, as_id
from hooks.page import Page
from models.notification import Notification
from models.notification_document import NotificationFilters
from models.roles import Role
from models.user import User
from resources.admin.action import Action
from resources.admin.listed import List
from resources.pages import View, go, show
from resources.paging import Listing


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
class NotificationsPage(List):
    """Every notice."""

    template = "notifications/list.html"

    @falcon.before(page_of_form, NotificationFilters, defect=as_id, user=as_id)
    def on_get(
        self, req: falcon.Request, resp: falcon.Response, actor: User, page: Page, filters: NotificationFilters
    ) -> None:
        """List notices that fit the filters."""
        found = Notification.page(filters, by=actor, limit=page.limit + 1, before=page.cursor)
        self.show(req, resp, actor, Listing.of(found, page, show=list), Form(req.params))

    def person(self, item: Notification) -> int | None:
        """Whose it is."""
        return item.user_id


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
    """Another attempt at a notice, now."""

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
