"""Things to look at: some with markup in every field that takes it, some as long as they may be."""

import json
from functools import partial
from typing import Any

from tests.services.processes import wait_until
from tests.system.server import Server

# What it stands in is closed first; then each way to run a script.
PICTURE = '<img src=x onerror="window.__ran=1">'
MARKUP = f'"\'></textarea></title></code><script>window.__ran=1</script>{PICTURE}"><svg onload=window.__ran=1>'
ADDRESS = MARKUP.replace(" ", "/") + "@example.com"
LONG = "w" * 150
PASSWORD = "a good long password"
CODE = f"// {MARKUP}\nconst text = {json.dumps(MARKUP)};\n"
RESULT = "console.log(text); console.error(text); ({ [text]: [text], long: 'w'.repeat(3000) })"
THROW = "const error = new Error(text); error.name = text; throw error"

# Ids, and tokens of people, by what they are here.
Content = dict[str, str]


def furnish(server: Server, root: str) -> Content:
    """Put everything in place, and say where it is."""
    content = {"root": root} | _users(server, root) | _defects(server, root) | _tasks(server, root)
    content["bob's token"] = server.log_in("bob", PASSWORD)
    server.call("POST", "/auth", auth=("bob", "not his password"))
    server.call("POST", "/auth", auth=("nobody", "no password"))
    entries = server.call("GET", f"/audit?model=user&object_id={content['eve']}", root).json()["items"]
    return content | {"entry": str(entries[0]["id"])}


def _users(server: Server, root: str) -> Content:
    people: dict[str, dict[str, Any]] = {
        "eve": {"data": {MARKUP: [MARKUP, {"deep": MARKUP}]}},
        "bob": {"email": "bob@example.com", "data": {"desk": 4, "likes": ["tea", "ships"]}},
        "gone": {"data": {MARKUP: MARKUP}},
        LONG: {"email": f"{'w' * 240}@example.com", "data": {LONG: "w" * 2000}},
    }
    made = {}
    for name, more in people.items():
        made[name] = _made(server, root, "/users", {"username": name, "password": PASSWORD, "role": "user", **more})
    # From before such an address was refused.
    address = ADDRESS.replace("'", "''")
    server.ask_database(f"UPDATE users SET email = '{address}' WHERE id IN ({made['eve']}, {made['gone']})")
    server.call("DELETE", f"/users/{made['gone']}", root)
    return made | {"long": made[LONG]}


def _defects(server: Server, root: str) -> Content:
    comments = {
        "plain defect": "The left door of car 7 sticks when it rains.\nIt did so last week, too.",
        "marked defect": MARKUP,
        "long defect": "w" * 3000,
    }
    made = {name: _made(server, root, "/api/defects", {"comment": comment}) for name, comment in comments.items()}
    notices = {name: _notice_of(server, root, defect) for name, defect in made.items()}
    # The counter server can't say this, and not for three days.
    said = (MARKUP + LONG).replace("'", "''")
    server.ask_database(
        f"UPDATE notification SET status = 'failed', delivered_at = NULL, last_error = '{said}'"
        f" WHERE id = {notices['marked defect']['id']}"
    )
    delivered, failed = notices["plain defect"], notices["marked defect"]
    return made | {"notice": str(delivered["id"]), "failed": str(failed["id"]), "request": failed["request_id"]}


def _notice_of(server: Server, root: str, defect: str) -> dict[str, Any]:
    def delivered() -> Any:
        return server.call("GET", f"/notifications?defect={defect}&status=delivered", root).json()["items"]

    (notice,) = wait_until(delivered, what="the counter server heard of it")
    return dict(notice)


def _tasks(server: Server, root: str) -> Content:
    bodies: dict[str, dict[str, Any]] = {
        "under way": {"type": "delay", "seconds": 3600},
        "cancelled": {"type": "delay", "seconds": 3600},
        "succeeded": {"type": "javascript", "code": CODE + RESULT},
        "failed task": {"type": "javascript", "code": CODE + THROW},
    }
    made = {name: _made(server, root, "/tasks", body) for name, body in bodies.items()}
    server.call("DELETE", f"/tasks/{made['cancelled']}", root)
    for name, status in {"cancelled": "cancelled", "succeeded": "succeeded", "failed task": "failed"}.items():
        wait_until(partial(_is, server, root, made[name], status), what=f"a task that has {status}")
    return made


def _is(server: Server, root: str, task: str, status: str) -> bool:
    return bool(server.call("GET", f"/tasks/{task}", root).json()["status"] == status)


def _made(server: Server, root: str, path: str, body: dict[str, Any]) -> str:
    answer = server.call("POST", path, root, json=body)
    assert answer.status_code in (201, 202), answer.text
    return str(answer.json()["id"])
