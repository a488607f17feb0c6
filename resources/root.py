"""`GET /`: a greeting, by name for whoever has a session."""

from typing import Any, NotRequired, TypedDict

import falcon

from hooks import identified
from models.user import User
from resources import Resource


class Greeting(TypedDict):
    """Hello World, or hello to somebody with what they keep here."""

    message: str
    username: NotRequired[str]
    email: NotRequired[str | None]
    data: NotRequired[dict[str, Any]]


class Root(Resource):
    """The base route, for anyone."""

    @falcon.before(identified)
    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User | None) -> None:
        """Greet the caller.

        Says Hello World without a valid session, and greets by name with one.

        200 Greeting: the greeting
        """
        greeting: Greeting = {"message": "Hello World"}
        if actor is not None:
            greeting = {
                "message": f"Hello {actor.username}",
                "username": actor.username,
                "email": actor.email,
                "data": actor.data,
            }
        resp.media = greeting
