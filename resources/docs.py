"""What the service says of itself: its OpenAPI document and the meaning of its problems."""

from collections.abc import Mapping
from typing import TypedDict

import falcon

from models.errors import NotFound
from resources import Resource


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


class ProblemPage(Resource):
    """What the `type` of a problem leads to."""

    def __init__(self, descriptions: Mapping[str, ProblemDescription]) -> None:
        self._descriptions = descriptions

    def on_get(self, req: falcon.Request, resp: falcon.Response, slug: str) -> None:
        """Read what a problem means and what to do.

        The `type` of every error leads here.

        200 ProblemDescription: the kind of problem
        404: there is no such problem
        """
        if slug not in self._descriptions:
            raise NotFound("There is no problem of that name.")
        resp.media = self._descriptions[slug]
