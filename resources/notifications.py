"""`/notifications`: what the counter server is told, and how that went."""

import falcon

from hooks import authenticated, if_absent, load, page, role
from hooks.page import Page
from models.notification import Notification
from models.notification_document import NotificationFilters
from models.roles import Role
from models.user import User
from resources import Resource
from resources.paging import Listing, answer


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
class Notifications(Resource):
    """Every notice, for admins."""

    @falcon.before(page, NotificationFilters)
    def on_get(
        self, req: falcon.Request, resp: falcon.Response, actor: User, page: Page, filters: NotificationFilters
    ) -> None:
        """List notices to the counter server, newest first.

        Each says how often it was tried, and what went wrong last. All filters that are given must fit.

        200 [NotificationDocument]: one page of them
        403: they are for admins
        """
        found = Notification.page(filters, by=actor, limit=page.limit + 1, before=page.cursor)
        listing = Listing.of(found, page, show=lambda some: [notice.to_dict() for notice in some])
        answer(req, resp, page, listing, total=lambda most: Notification.number(filters, by=actor, most=most))


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
@falcon.before(load, "notification_id", notice=Notification.visible)
class OneNotification(Resource):
    """A notice, for admins."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, notice: Notification) -> None:
        """Read a notice.

        What it tells the counter server, and how that has gone so far.

        200 NotificationDocument: the notice as it stands
        """
        resp.media = notice.to_dict()


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
@falcon.before(load, "notification_id", notice=Notification.visible)
class Retry(Resource):
    """Another attempt at a notice, now."""

    @falcon.before(if_absent)
    def on_post(self, req: falcon.Request, resp: falcon.Response, actor: User, notice: Notification) -> None:
        """Try a failed notice again, or a pending one now.

        A failed one is tried for another three days, as the same notice. One that is being delivered stays as it is.

        200 NotificationDocument: the notice, which is pending
        409: it has been delivered, or waits for an earlier one of the same defect
        """
        resp.media = notice.retry(by=actor).to_dict()
