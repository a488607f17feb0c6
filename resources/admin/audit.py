"""`/admin/audit`: who did what, before and after; and all that one request caused."""

import falcon

from hooks import authenticated, load, page_of_form, role
from hooks.form import Form, as_id, as_instant
from hooks.page import Page
from models.audit import AuditEntry
from models.audit.reading import AuditFilters
from models.notification import Notification
from models.notification_document import NotificationFilters
from models.roles import Role
from models.user import User
from resources.admin.listed import List
from resources.pages import View, show
from resources.paging import Listing

# Of one request, on its page; the lists lead to the rest.
SHOWN_OF_A_REQUEST = 50


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
class AuditPage(List):
    """Every entry."""

    template = "audit/list.html"

    @falcon.before(page_of_form, AuditFilters, user=as_id, since=as_instant, until=as_instant)
    def on_get(
        self, req: falcon.Request, resp: falcon.Response, actor: User, page: Page, filters: AuditFilters
    ) -> None:
        """List entries that fit the filters."""
        found = AuditEntry.page(filters, by=actor, limit=page.limit + 1, before=page.cursor)
        listing = Listing.of(found, page, show=lambda some: AuditEntry.shown(some, to=actor))
        self.show(req, resp, actor, listing, Form(req.params))


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
@falcon.before(load, "entry_id", entry=AuditEntry.seen_by)
class EntryPage(View):
    """An entry, field by field."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, entry: AuditEntry) -> None:
        """Show it."""
        (shown,) = AuditEntry.shown([entry], to=actor)
        show(req, resp, "audit/one.html", actor=actor, entry=shown)


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
class RequestPage(View):
    """All that one request caused."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, request_id: str) -> None:
        """Show its entries, and the notices that it had sent."""
        filters = AuditFilters(request_id=request_id)
        entries = AuditEntry.page(filters, by=actor, limit=SHOWN_OF_A_REQUEST + 1)
        notices = Notification.page(NotificationFilters(request_id=request_id), by=actor, limit=SHOWN_OF_A_REQUEST + 1)
        show(
            req,
            resp,
            "audit/request.html",
            actor=actor,
            request_id=request_id,
            entries=AuditEntry.shown(entries[:SHOWN_OF_A_REQUEST], to=actor),
            notices=notices[:SHOWN_OF_A_REQUEST],
            names=User.names((notice.user_id for notice in notices), to=actor),
            more=len(entries) > SHOWN_OF_A_REQUEST or len(notices) > SHOWN_OF_A_REQUEST,
        )
