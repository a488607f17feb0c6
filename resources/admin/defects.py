"""`/admin/defects`: find, report, change and delete defects."""

import falcon

from hooks import authenticated, form, form_expected, form_once, load, page_of_form, role
from hooks.form import BLANK, Form, as_id, as_instant
from hooks.page import Page
from models import policy
from models.bodies import Body
from models.defect import Defect
from models.defect_document import DefectFilters, NewDefect, ReplacedDefect
from models.idempotency import Once
from models.roles import Role
from models.user import User
from models.version import Expected, version_of
from resources.admin.listed import List
from resources.pages import FormView, go, show
from resources.paging import Listing
from resources.repeated import first_answer


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
class DefectsPage(List):
    """Everybody's defects."""

    template = "defects/list.html"

    @falcon.before(page_of_form, DefectFilters, user=as_id)
    def on_get(
        self, req: falcon.Request, resp: falcon.Response, actor: User, page: Page, filters: DefectFilters
    ) -> None:
        """List defects that fit the filters."""
        found = Defect.page(filters, by=actor, limit=page.limit + 1, before=page.cursor)
        self.show(req, resp, actor, Listing.of(found, page, show=list), Form(req.params))

    def person(self, item: Defect) -> int | None:
        """Whose it is."""
        return item.user_id


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
class NewDefectPage(FormView):
    """A defect to report; whoever does is its creator."""

    @falcon.before(form, NewDefect, timestamp=as_instant)
    @falcon.before(form_once)
    def on_post(self, req: falcon.Request, resp: falcon.Response, actor: User, body: NewDefect, once: Once) -> None:
        """Report it."""
        defect = first_answer(
            resp, once, lambda: Defect.report(body, by=actor, once=once).shown_to(actor), rule=policy.report_defect
        )
        go(req, resp, f"/admin/defects/{defect['id']}", actor=actor, saying=f"Defect {defect['id']} is reported.")

    def show(self, req: falcon.Request, resp: falcon.Response, actor: User, form: Form = BLANK) -> None:
        """Ask what is wrong."""
        show(req, resp, "defects/new.html", actor=actor, form=form)


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
@falcon.before(load, "defect_id", defect=Defect.readable)
class DefectPage(FormView):
    """A defect, to read and to change."""

    @falcon.before(form, ReplacedDefect, timestamp=as_instant)
    @falcon.before(form_expected)
    def on_post(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        actor: User,
        defect: Defect,
        body: ReplacedDefect,
        expected: Expected,
    ) -> None:
        """Change it."""
        if body.comment == defect.comment.replace("\r\n", "\n").replace("\r", "\n"):
            body.comment = defect.comment  # browsers know one way to end a line, and it is as it was
        defect.amend(body, by=actor, expected=expected)
        go(req, resp, f"/admin/defects/{defect.id}", actor=actor, saying=f"Defect {defect.id} is changed.")

    def show(
        self, req: falcon.Request, resp: falcon.Response, actor: User, defect: Defect, form: Form | None = None
    ) -> None:
        """The defect, and the form to change it; as it is by now, where that was refused."""
        if form is not None:
            defect = Defect.readable(actor, defect.id)
        values = {"comment": defect.comment, "timestamp": str(defect.timestamp.replace(tzinfo=None))}
        show(
            req,
            resp,
            "defects/one.html",
            actor=actor,
            defect=defect,
            form=form or Form(values),
            version=version_of(defect.shown_to(actor)),
            names=User.names([defect.user_id], to=actor),
        )


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
@falcon.before(load, "defect_id", defect=Defect.own)
class DeleteDefectPage(FormView):
    """The end of a defect, for whoever reported it."""

    @falcon.before(form, Body)
    def on_post(self, req: falcon.Request, resp: falcon.Response, actor: User, defect: Defect, body: Body) -> None:
        """Delete it."""
        defect.withdraw(by=actor)
        go(req, resp, "/admin/defects", actor=actor, saying=f"Defect {defect.id} is deleted.")

    def show(self, req: falcon.Request, resp: falcon.Response, actor: User, defect: Defect, form: Form = BLANK) -> None:
        """The question."""
        show(req, resp, "defects/delete.html", actor=actor, defect=defect, form=form)
