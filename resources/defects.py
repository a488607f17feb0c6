"""`/api/defects`: what is wrong, for everybody to report, read and change."""

import falcon

from hooks import authenticated, body, idempotent, if_match, load, page
from hooks.page import Page
from models import policy
from models.defect import Defect
from models.defect_document import DefectFilters, MergedDefect, NewDefect, ReplacedDefect
from models.idempotency import Once
from models.user import User
from models.version import Expected
from resources import Resource
from resources.paging import Listing, answer
from resources.repeated import first_answer
from resources.versioned import show


@falcon.before(authenticated)
class Defects(Resource):
    """Everybody's defects."""

    @falcon.before(page, DefectFilters)
    def on_get(
        self, req: falcon.Request, resp: falcon.Response, actor: User, page: Page, filters: DefectFilters
    ) -> None:
        """List defects, newest first.

        Everybody's, by when they were reported. All filters that are given must fit.

        200 [DefectDocument]: one page of them
        """
        found = Defect.page(filters, by=actor, limit=page.limit + 1, before=page.cursor)
        listing = Listing.of(found, page, show=lambda some: Defect.shown(some, to=actor))
        answer(req, resp, page, listing, total=lambda most: Defect.number(filters, by=actor, most=most))

    @falcon.before(body, NewDefect)
    @falcon.before(idempotent)
    def on_post(self, req: falcon.Request, resp: falcon.Response, actor: User, body: NewDefect, once: Once) -> None:
        """Report a defect.

        You are its creator. The counter server hears of it.

        201 DefectDocument: the defect; Location says where it is
        429: you have reported as many as one user may in an hour
        """
        defect = first_answer(
            resp, once, lambda: Defect.report(body, by=actor, once=once).shown_to(actor), rule=policy.report_defect
        )
        resp.status = falcon.HTTP_201
        resp.location = f"/api/defects/{defect['id']}"
        show(req, resp, defect)


@falcon.before(authenticated)
class OneDefect(Resource):
    """A defect, for everybody; only its creator may delete it."""

    @falcon.before(load, "defect_id", defect=Defect.readable)
    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, defect: Defect) -> None:
        """Read a defect.

        Anyone with a session may.

        200 DefectDocument: the defect
        """
        show(req, resp, defect.shown_to(actor))

    @falcon.before(load, "defect_id", defect=Defect.readable)
    @falcon.before(if_match)
    @falcon.before(body, ReplacedDefect)
    def on_put(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        actor: User,
        defect: Defect,
        body: ReplacedDefect,
        expected: Expected,
    ) -> None:
        """Replace a defect's comment.

        The time changes if one is given.

        200 DefectDocument: the defect as it is now
        """
        show(req, resp, defect.amend(body, by=actor, expected=expected).shown_to(actor))

    @falcon.before(load, "defect_id", defect=Defect.readable)
    @falcon.before(if_match)
    @falcon.before(body, MergedDefect)
    def on_patch(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        actor: User,
        defect: Defect,
        body: MergedDefect,
        expected: Expected,
    ) -> None:
        """Change the fields of a defect that are given.

        Anyone with a session may; its creator stays the same.

        200 DefectDocument: the defect as it is now
        """
        show(req, resp, defect.amend(body, by=actor, expected=expected).shown_to(actor))

    @falcon.before(load, "defect_id", defect=Defect.own)
    @falcon.before(if_match)
    def on_delete(
        self, req: falcon.Request, resp: falcon.Response, actor: User, defect: Defect, expected: Expected
    ) -> None:
        """Delete a defect of your own.

        The counter server hears of it.

        204: it is gone
        """
        defect.withdraw(by=actor, expected=expected)
        resp.status = falcon.HTTP_204
