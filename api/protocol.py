"""Checks of Host and path before routing, and Vary for CORS."""

from typing import Any

import falcon

from hooks.host import check_host


class Protocol:
    """Refuses requests that no route may see."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer 400 without a valid Host, and 404 to a path with an empty segment.

        Falcon's router would take `//users` for `/users`, and a link to it would lead to a host called `users`.
        """
        check_host(req)
        if "//" in req.env["PATH_INFO"]:
            raise falcon.HTTPNotFound


class CORS(falcon.CORSMiddleware[Any, Any]):
    """Falcon's, with `Vary: Origin` on every answer: a cache must not give one origin's answer to another."""

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: object, req_succeeded: bool
    ) -> None:
        """Put the headers of CORS on the answer."""
        super().process_response(req, resp, resource, req_succeeded)
        resp.append_header("Vary", "Origin")
