"""An example of every document that is answered; they tell of the same people and things as the requests do."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from api.problem_kinds import DESCRIPTIONS
from api.problems import FieldFault, ProblemDocument
from models.account import Account, Card, Deactivated
from models.audit.row import Action, AuditDocument, AuditedModel
from models.defect_document import DefectDocument
from models.notification_document import Event, NoticeStatus, NotificationDocument
from models.roles import Role
from models.session import Grant, SessionDocument
from models.task_kinds import Kind, Status, TaskDocument
from resources.auth import Revoked
from resources.health import Liveness, Readiness
from resources.root import Greeting

_MORNING = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
_LATER = datetime(2026, 1, 5, 9, 31, 2, 481_236, tzinfo=UTC)
_TOMORROW = datetime(2026, 1, 6, 9, 30, tzinfo=UTC)
_REQUEST = "8d2f1c5e-0b7a-4c39-9e55-2f6a7d1b3c48"
_TASK = "6c1b2f0e-53a7-4f3e-9f53-0f2f3f7d1c55"

ACCOUNT: Account = {
    "id": 2,
    "username": "alice",
    "email": "alice@example.com",
    "role": Role.USER,
    "data": {"address": "1 Main Street", "phone": "555-0100"},
    "created_at": _MORNING,
    "updated_at": _MORNING,
}
CARD: Card = {"id": 2, "username": "alice", "created_at": _MORNING}
DEACTIVATED: Deactivated = {"sessions_revoked": 2, "tasks_cancelled": [_TASK]}
REVOKED: Revoked = {"sessions_revoked": 2}
GRANT: Grant = {
    "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJqdGkiOiIwYjJmZjJkNi4uLiJ9.c2lnbmF0dXJl",
    "token_type": "Bearer",
    "expires_in": 86_400,
    "expires_at": _TOMORROW,
}
SESSION: SessionDocument = {
    "id": "0b2ff2d6-3ad6-4d0c-8f0c-9a3f6fd0a7b1",
    "created_at": _MORNING,
    "expires_at": _TOMORROW,
    "last_seen_at": _LATER,
    "ip": "192.0.2.7",
    "user_agent": "curl/8.14.1",
    "current": True,
}
TASK: TaskDocument = {
    "id": _TASK,
    "type": Kind.JAVASCRIPT,
    "params": {"code": "console.log('thinking'); 6*7"},
    "owner": 1,
    "status": Status.SUCCEEDED,
    "result": 42,
    "error": None,
    "logs": [{"level": "log", "text": "thinking"}],
    "created_at": _MORNING,
    "started_at": _MORNING,
    "finished_at": _LATER,
    "cancelled_by": None,
    "request_id": _REQUEST,
}
DEFECT: DefectDocument = {
    "id": 7,
    "comment": "The tap leaks.",
    "timestamp": _MORNING,
    "user": 2,
}
NOTIFICATION: NotificationDocument = {
    "id": 12,
    "defect": 7,
    "user": 2,
    "action": Event.CREATE,
    "status": NoticeStatus.PENDING,
    "attempts": 1,
    "last_error": "The answer was 503.",
    "idempotency_key": "f6d3c1a2b4e5968778695a4b3c2d1e0f",
    "request_id": _REQUEST,
    "created_at": _MORNING,
    "last_attempt_at": _MORNING,
    "next_attempt_at": _LATER,
    "delivered_at": None,
}
ENTRY: AuditDocument = {
    "id": 41,
    "user": 1,
    "username": "root",
    "model": AuditedModel.USER,
    "object_id": "2",
    "action": Action.UPDATE,
    "timestamp": _LATER,
    "changes": {"role": [Role.USER, Role.ADMIN]},
    "request_id": _REQUEST,
}
GREETINGS: list[Greeting] = [
    {"message": "Hello World"},
    {"message": "Hello alice", "username": "alice", "email": "alice@example.com", "data": ACCOUNT["data"]},
]
LIVENESS: Liveness = {"status": "ok"}
READINESS: Readiness = {"status": "ok", "database": "ok", "redis": "ok", "workers": ["scheduler@host:41"]}

DOCUMENTS: Mapping[str, list[Any]] = {
    "Account": [ACCOUNT],
    "AuditDocument": [ENTRY],
    "Card": [CARD],
    "Deactivated": [DEACTIVATED],
    "DefectDocument": [DEFECT],
    "Grant": [GRANT],
    "Greeting": GREETINGS,
    "Liveness": [LIVENESS],
    "NotificationDocument": [NOTIFICATION],
    "ProblemDescription": [DESCRIPTIONS["not-found"]],
    "Readiness": [READINESS],
    "Revoked": [REVOKED],
    "SessionDocument": [SESSION],
    "TaskDocument": [TASK],
}


def problem(slug: str) -> ProblemDocument:
    """A problem of that kind, as some request may meet it."""
    kind = DESCRIPTIONS[slug]
    faults = [FieldFault("colour", "There is no such field here.")] if slug == "invalid-input" else []
    return ProblemDocument(
        type=kind["type"],
        title=kind["title"],
        status=kind["status"],
        detail=kind["detail"],
        request_id=_REQUEST,
        errors=faults,
    )
