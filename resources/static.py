"""The few files that pages are made with: our own, and those of Swagger UI from its package."""

import mimetypes
from functools import cache
from hashlib import blake2b
from importlib.metadata import distribution
from pathlib import Path

import falcon

from models.errors import NotFound
from resources import Resource

OWN = Path(__file__).parent / "admin" / "static"
# Only looked into: importing it would build 9 MB of pages.
SWAGGER_UI = Path(str(distribution("offapi").locate_file("offapi")))
FILES: dict[str, Path] = {path.name: path for path in OWN.iterdir()} | {
    "swagger-ui.css": SWAGGER_UI / "swagger_style.css",
    "swagger-ui-bundle.js": SWAGGER_UI / "swagger_bundle.js",
}
# Its address names its version.
FOR_EVER = "public, max-age=31536000, immutable"


@cache
def address_of(name: str) -> str:
    """Where a file is, in the version that it has now."""
    return f"/static/{name}?v={_version(name)}"


@cache
def _version(name: str) -> str:
    return blake2b(FILES[name].read_bytes(), digest_size=8).hexdigest()


class Static(Resource):
    """Stylesheets, scripts and pictures, for anyone."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        """Read a file, to be kept for ever by whoever asked for the version that it has."""
        if name not in FILES:
            raise NotFound("There is no such file.")
        resp.data = FILES[name].read_bytes()
        resp.content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if req.get_param("v") == _version(name):
            resp.context.headers = {"Cache-Control": FOR_EVER}
