"""What is done with one click on the page of a thing, and leads back there."""

import falcon

from resources.pages import View, lead


class Action(View):
    """At the thing's own address, with a word more; whoever opens that is led to the thing."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, **_: object) -> None:
        """Lead back to what it acts on: nothing is done by looking."""
        lead(resp, req.path.rpartition("/")[0])
