"""An example request of every operation; tests/system/test_examples.py runs the command of each.

They follow each other as in a life: alice signs up, keeps her data here and reports a defect.
"""

from api.curl import Example

_ANYONE = Example(signed_in=False)
_LOG_IN = {"username": "alice", "password": "correct horse battery"}
_ACCOUNT = {
    "username": "alice",
    "password": "correct horse battery",
    "email": "alice@example.com",
    "data": {"address": "1 Main Street", "phone": "555-0100"},
}
_USER = {"username": "bob", "password": "a good long one", "role": "user", "email": "bob@example.com"}
_KEY = {"Idempotency-Key": "$KEY"}

REQUESTS: dict[tuple[str, str], list[Example]] = {
    ("get", "/"): [Example("for anyone", signed_in=False), Example("with a session")],
    ("post", "/user"): [Example(signed_in=False, body=_ACCOUNT)],
    ("get", "/user/{username}"): [Example()],
    ("put", "/user/{username}"): [Example(body={"data": {"phone": "555-0199", "likes": ["tea"]}})],
    ("patch", "/user/{username}"): [Example(body={"data": {"likes": None, "city": "Ghent"}, "email": None})],
    ("delete", "/user/{username}"): [Example()],
    ("get", "/users"): [Example(query="q=ali&limit=50")],
    ("post", "/users"): [Example(headers=_KEY, body=_USER)],
    ("get", "/users/{user_id}"): [Example()],
    ("put", "/users/{user_id}"): [Example(body={"email": "alice@example.com", "data": {"desk": 4}})],
    ("patch", "/users/{user_id}"): [Example(body={"role": "admin", "data": {"desk": None}})],
    ("delete", "/users/{user_id}"): [Example()],
    ("post", "/users/{user_id}/restore"): [Example(variables={"user_id": "DELETED_USER_ID"})],
    ("delete", "/users/{user_id}/sessions"): [Example()],
    ("post", "/auth"): [
        Example("with JSON", signed_in=False, body=_LOG_IN),
        Example("with a form", signed_in=False, form=_LOG_IN),
        Example("with HTTP Basic", signed_in=False, basic="alice:correct horse battery"),
    ],
    ("delete", "/auth"): [Example()],
    ("get", "/auth/sessions"): [Example(query="limit=10")],
    ("delete", "/auth/sessions"): [Example()],
    ("get", "/auth/sessions/{session_id}"): [Example()],
    ("delete", "/auth/sessions/{session_id}"): [Example()],
    ("get", "/tasks"): [Example(query="status=running&limit=50")],
    ("post", "/tasks"): [
        Example("to wait", headers=_KEY, body={"type": "delay", "seconds": 1.5}),
        Example("to run JavaScript", headers={"Prefer": "wait=10"}, body={"type": "javascript", "code": "6*7"}),
    ],
    ("get", "/tasks/{task_id}"): [Example(headers={"Prefer": "wait=1"})],
    ("delete", "/tasks/{task_id}"): [Example()],
    ("get", "/api/defects"): [Example(query="q=leak&count=true")],
    ("post", "/api/defects"): [
        Example(headers=_KEY, body={"comment": "The tap leaks.", "timestamp": "2026-01-05T09:30:00Z"})
    ],
    ("get", "/api/defects/{defect_id}"): [Example()],
    ("put", "/api/defects/{defect_id}"): [
        Example(headers={"If-Match": "$ETAG"}, body={"comment": "The tap on the third floor leaks."})
    ],
    ("patch", "/api/defects/{defect_id}"): [Example(body={"timestamp": "2026-01-05T10:30:00+01:00"})],
    ("delete", "/api/defects/{defect_id}"): [Example()],
    ("get", "/notifications"): [Example(query="status=failed&limit=50")],
    ("get", "/notifications/{notification_id}"): [Example()],
    ("post", "/notifications/{notification_id}/retry"): [Example(variables={"notification_id": "FAILED_NOTICE"})],
    ("get", "/audit"): [Example(query="model=user&action=update&since=2026-01-01T00:00:00Z")],
    ("get", "/audit/{entry_id}"): [Example()],
    ("get", "/livez"): [_ANYONE],
    ("get", "/readyz"): [_ANYONE],
    ("get", "/metrics"): [Example(signed_in=False, headers={"Authorization": "Bearer $METRICS_TOKEN"})],
    ("get", "/openapi.json"): [_ANYONE],
    ("get", "/problems/{slug}"): [_ANYONE],
}
