"""Everything that Aerie answers to, in one table, and the application made of it."""

from typing import Any

import falcon

import logs
from api import openapi, problems
from api.media import JSONOut
from api.middleware import Surroundings
from models.stores import connect
from resources import Resource
from resources.account import OneAccount, SignUp
from resources.auth import Auth, OneSession, Sessions
from resources.docs import OpenAPIDocument, ProblemPage
from resources.health import Live, Ready
from resources.root import Root
from settings import Settings

OPENAPI = OpenAPIDocument()

ROUTES: dict[str, Resource] = {
    "/": Root(),
    "/user": SignUp(),
    "/user/{username}": OneAccount(),
    "/auth": Auth(),
    "/auth/sessions": Sessions(),
    "/auth/sessions/{session_id:uuid}": OneSession(),
    "/livez": Live(),
    "/readyz": Ready(),
    "/openapi.json": OPENAPI,
    "/problems/{slug}": ProblemPage(problems.DESCRIPTIONS),
}

READABLE_ACROSS_ORIGINS = ["Link", "Location", "Retry-After", "X-Request-ID"]


def create_app(settings: Settings | None = None) -> falcon.App[falcon.Request, falcon.Response]:
    """Build the application and open the stores; without settings, the environment's."""
    settings = settings or Settings.or_exit()
    logs.configure(settings.log_level)
    connect(settings)
    app = falcon.App(middleware=_middleware(settings))
    app.req_options.strip_url_path_trailing_slash = True
    app.resp_options.media_handlers = falcon.media.Handlers({falcon.MEDIA_JSON: JSONOut()})
    problems.install(app)
    for path, resource in ROUTES.items():
        app.add_route(path, resource)
    OPENAPI.document = openapi.document(ROUTES)
    return app


def _middleware(settings: Settings) -> list[Any]:
    surroundings = Surroundings(over_tls=settings.tls_cert is not None)
    if not settings.cors_origins:
        return [surroundings]
    cors: Any = falcon.CORSMiddleware(allow_origins=list(settings.cors_origins), expose_headers=READABLE_ACROSS_ORIGINS)
    return [surroundings, cors]
