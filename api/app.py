"""Everything that Aerie answers to, in two tables, and the application made of them."""

from typing import Any

import falcon
from falcon.routing import BaseConverter

import logs
from api import openapi, problem_kinds, problems
from api.media import JSONOut
from api.middleware import Surroundings
from api.protocol import CORS, Protocol
from hooks.query import whole
from metrics.counted import count_refusal
from models.stores import connect
from resources import Resource
from resources.account import OneAccount, SignUp
from resources.admin.audit import AuditPage, EntryPage, RequestPage
from resources.admin.defects import DefectPage, DefectsPage, DeleteDefectPage, NewDefectPage
from resources.admin.entrance import LogIn, LogOut
from resources.admin.notifications import NotificationPage, NotificationsPage, RetryNotice
from resources.admin.one_user import DeleteUserPage, EndSessions, PasswordPage, RestoreUser
from resources.admin.start import Start
from resources.admin.tasks import CancelTask, NewTaskPage, TaskPage, TasksPage
from resources.admin.users import NewUserPage, UserPage, UsersPage
from resources.audit import AuditTrail, OneEntry
from resources.auth import Auth, OneSession, Sessions
from resources.defects import Defects, OneDefect
from resources.docs import Documentation, OpenAPIDocument, ProblemPage
from resources.health import Live, Ready
from resources.metrics import Metrics
from resources.notifications import Notifications, OneNotification, Retry
from resources.root import Root
from resources.static import Static
from resources.tasks import OneTask, Tasks
from resources.users import OneUser, Restoration, SessionsOfUser, Users
from settings import Settings
from workers.sending import send

OPENAPI = OpenAPIDocument()

ROUTES: dict[str, Resource] = {
    "/": Root(),
    "/user": SignUp(),
    "/user/{username}": OneAccount(),
    "/users": Users(),
    "/users/{user_id:id}": OneUser(),
    "/users/{user_id:id}/restore": Restoration(),
    "/users/{user_id:id}/sessions": SessionsOfUser(),
    "/auth": Auth(),
    "/auth/sessions": Sessions(),
    "/auth/sessions/{session_id:uuid}": OneSession(),
    "/tasks": Tasks(),
    "/tasks/{task_id:uuid}": OneTask(),
    "/api/defects": Defects(),
    "/api/defects/{defect_id:id}": OneDefect(),
    "/notifications": Notifications(),
    "/notifications/{notification_id:id}": OneNotification(),
    "/notifications/{notification_id:id}/retry": Retry(),
    "/audit": AuditTrail(),
    "/audit/{entry_id:id}": OneEntry(),
    "/livez": Live(),
    "/readyz": Ready(),
    "/metrics": Metrics(),
    "/openapi.json": OPENAPI,
    "/problems/{slug}": ProblemPage(problem_kinds.DESCRIPTIONS),
}

# For people to look at; all else is for programs.
PAGES: dict[str, Resource] = {
    "/admin": Start(),
    "/admin/login": LogIn(),
    "/admin/logout": LogOut(),
    "/admin/users": UsersPage(),
    "/admin/users/new": NewUserPage(),
    "/admin/users/{user_id:id}": UserPage(),
    "/admin/users/{user_id:id}/password": PasswordPage(),
    "/admin/users/{user_id:id}/delete": DeleteUserPage(),
    "/admin/users/{user_id:id}/restore": RestoreUser(),
    "/admin/users/{user_id:id}/end-sessions": EndSessions(),
    "/admin/defects": DefectsPage(),
    "/admin/defects/new": NewDefectPage(),
    "/admin/defects/{defect_id:id}": DefectPage(),
    "/admin/defects/{defect_id:id}/delete": DeleteDefectPage(),
    "/admin/tasks": TasksPage(),
    "/admin/tasks/new": NewTaskPage(),
    "/admin/tasks/{task_id:uuid}": TaskPage(),
    "/admin/tasks/{task_id:uuid}/cancel": CancelTask(),
    "/admin/notifications": NotificationsPage(),
    "/admin/notifications/{notification_id:id}": NotificationPage(),
    "/admin/notifications/{notification_id:id}/retry": RetryNotice(),
    "/admin/audit": AuditPage(),
    "/admin/audit/{entry_id:id}": EntryPage(),
    "/admin/requests/{request_id}": RequestPage(),
    "/docs": Documentation(),
    "/static/{name}": Static(),
}

READABLE_ACROSS_ORIGINS = [
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "Preference-Applied",
    "Retry-After",
    "X-Request-ID",
]


def create_app(settings: Settings | None = None) -> falcon.App[falcon.Request, falcon.Response]:
    """Build the application and open the stores; without settings, the environment's."""
    settings = settings or Settings.or_exit()
    logs.configure(settings.log_level)
    connect(settings, send=send, count_refusal=count_refusal)
    app = falcon.App(middleware=_middleware(settings))
    app.req_options.strip_url_path_trailing_slash = True
    app.router_options.converters["id"] = RowId
    app.resp_options.media_handlers = falcon.media.Handlers({falcon.MEDIA_JSON: JSONOut()})
    problems.install(app)
    for path, resource in (ROUTES | PAGES).items():
        app.add_route(path, resource)
    OPENAPI.document = openapi.document(ROUTES)
    return app


class RowId(BaseConverter):
    """An id of a row, in the one way to write it; anything else is an unknown route."""

    def convert(self, value: str) -> int | None:
        try:
            found = whole(value)
        except ValueError:
            return None
        return None if value[0] == "0" else found


def _middleware(settings: Settings) -> list[Any]:
    surroundings, protocol = Surroundings(over_tls=settings.tls_cert is not None), Protocol()
    if not settings.cors_origins:
        return [surroundings, protocol]
    cors = CORS(allow_origins=list(settings.cors_origins), expose_headers=READABLE_ACROSS_ORIGINS)
    return [surroundings, protocol, cors]
