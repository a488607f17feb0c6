"""`/audit`: who did what, for admins to read and for nobody to change."""

import falcon

from hooks import authenticated, load, page, role
from hooks.page import Page
from models.audit import AuditEntry
from models.audit.reading import AuditFilters
from models.roles import Role
from models.user import User
from resources import Resource
from resources.paging import Listing, answer


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
class AuditTrail(Resource):
    """Every entry, for admins."""

    @falcon.before(page, AuditFilters)
    def on_get(
        self, req: falcon.Request, resp: falcon.Response, actor: User, page: Page, filters: AuditFilters
    ) -> None:
        """List what was done, newest first.

        Each entry says who, what, when and in which request. All filters that are given must fit.

        200 [AuditDocument]: one page of entries
        403: they are for admins
        """
        found = AuditEntry.page(filters, by=actor, limit=page.limit + 1, before=page.cursor)
        listing = Listing.of(found, page, show=lambda some: AuditEntry.shown(some, to=actor))
        answer(req, resp, page, listing, total=lambda most: AuditEntry.number(filters, by=actor, most=most))


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
@falcon.before(load, "entry_id", entry=AuditEntry.seen_by)
class OneEntry(Resource):
    """An entry, for admins."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, entry: AuditEntry) -> None:
        """Read an entry.

        It is as it was written, for ever; only the name is the one that the person has now.

        200 AuditDocument: the entry
        """
        (resp.media,) = AuditEntry.shown([entry], to=actor)
