"""The one form that every list has on pages: rows under the form of its filters, with the names of people."""

from typing import Any, ClassVar

import falcon

from hooks.form import BLANK, Form
from models.user import User
from resources.pages import View, show
from resources.paging import EMPTY, Listing, first_page, next_page


class List(View):
    """A page of a list, in a template of its own."""

    template: ClassVar[str]

    def show(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        actor: User,
        listing: Listing = EMPTY,
        form: Form = BLANK,
    ) -> None:
        """Show what was found, and how to ask the API for the same, unless the filters can't be read."""
        asked = req.context.get("asked")
        show(
            req,
            resp,
            self.template,
            actor=actor,
            items=listing.items,
            names=User.names((self.person(item) for item in listing.items), to=actor),
            first=first_page(req),
            next=next_page(req, listing),
            form=form,
            query="" if asked is None else falcon.to_query_str(asked),
        )

    def person(self, item: Any) -> int | None:
        """Whose name stands with an item."""
        return None
