"""The limit: Falcon saying hello, with nothing around it."""

import falcon


class Hello:
    """A resource that does nothing."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Say hello."""
        resp.media = {"message": "Hello World"}


app: falcon.App[falcon.Request, falcon.Response] = falcon.App()
app.add_route("/", Hello())
