"""What the service says of itself: its OpenAPI document, to programs and to people, and the meaning of its problems."""

import re
from collections.abc import Mapping
from typing import TypedDict

import falcon

from hooks import identified
from models.errors import NotFound
from models.user import User
from resources import Resource
from resources.pages import HEADERS, View, show

# Swagger UI 5.33.1 in Chromium 150, with all operations opened and five of them tried: beside what all pages may, it
# needs the pictures that its stylesheet has as data: addresses. It needs no inline style, no eval and no other host.
PICTURES = ("img-src 'self'", "img-src 'self' data:")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)


class ProblemDescription(TypedDict):
    """A kind of problem: what it means and what to do."""

    type: str
    title: str
    status: int
    detail: str


class OpenAPIDocument(Resource):
    """The OpenAPI 3.1 document; the application fills it in when all routes are known."""

    document: bytes = b""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Read this document.

        OpenAPI 3.1, made from the routes as they are; `/docs` shows it to people.

        200: OpenAPI 3.1
        """
        resp.data = self.document
        resp.content_type = falcon.MEDIA_JSON


class Documentation(View):
    """That document as a page to read and to try, with files from this server alone."""

    @falcon.before(identified)
    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User | None) -> None:
        """Show it to anyone; whoever is logged in here tries it as themselves."""
        show(req, resp, "docs.html", actor=actor)
        policy = HEADERS["Content-Security-Policy"].replace(*PICTURES)
        resp.context.headers = HEADERS | {"Content-Security-Policy": policy}


class ProblemPage(Resource):
    """What the `type` of a problem leads to."""

    def __init__(self, descriptions: Mapping[str, ProblemDescription]) -> None:
        self._descriptions = descriptions

    def on_get(self, req: falcon.Request, resp: falcon.Response, slug: str) -> None:
        """Read what a problem means and what to do.

        The `type` of every error leads here; browsers, which would rather have HTML, are shown a page.

        200 ProblemDescription or a page: the kind of problem
        404: there is no such problem
        """
        if slug not in self._descriptions:
            raise NotFound("There is no problem of that name.")
        resp.append_header("Vary", "Accept")
        if _prefers_html(req):
            show(req, resp, "problem.html", problem=self._descriptions[slug])
        else:
            resp.media = self._descriptions[slug]


def _prefers_html(req: falcon.Request) -> bool:
    # Falcon compares media types with their case, and takes quoted strings apart at their commas, in quadratic time.
    # No type that is offered here has parameters.
    accept = _QUOTED.sub("", req.accept.lower())
    try:
        return falcon.mediatypes.best_match((falcon.MEDIA_JSON, "text/html"), accept) == "text/html"
    except falcon.InvalidMediaRange:
        return False
