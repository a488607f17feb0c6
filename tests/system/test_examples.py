"""Every documented curl command, run by sh as it stands against a real server."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from jsonschema import Draft202012Validator

from api import openapi
from api.app import ROUTES
from api.curl import SERVER
from tests.services.processes import wait_until
from tests.system.server import Server

PASSWORD = "correct horse battery"  # alice's in the examples, and everybody else's
METRICS_TOKEN = "a token for Prometheus"
DOCUMENT = msgspec.json.decode(openapi.document(ROUTES))
SAMPLES = {
    f"{method.upper()} {path} {sample['label']}": (operation, sample["source"])
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    for sample in operation["x-codeSamples"]
}
# The command itself stays as it stands; what it answers is followed by a line with its status.
TOLD = 'curl() { command curl -sS -w "\\n%{http_code} %{content_type}" "$@"; }\n'


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A running server with an admin."""
    parent = Path(tempfile.mkdtemp(prefix="aerie-"))
    with Server(
        parent / "data", ADMIN_USERNAME="root", ADMIN_PASSWORD=PASSWORD, METRICS_TOKEN=METRICS_TOKEN
    ) as running:
        yield running
    shutil.rmtree(parent)


class Stage:
    """Makes what an example is about, newly for each, so that none needs another or gets in its way."""

    def __init__(self, server: Server) -> None:
        self.server, self.root = server, server.log_in("root", PASSWORD)
        self.props: dict[str, Callable[[], str]] = {
            "TOKEN": lambda: self.root,
            "SESSION": lambda: self._ask("GET", "/auth/sessions", 200)["items"][0]["id"],
            "USER_ID": self._user,
            "DELETED_USER_ID": self._deleted_user,
            "TASK": lambda: self._ask("POST", "/tasks", 202, {"type": "delay", "seconds": 3600})["id"],
            "DEFECT": self._defect,
            "ETAG": lambda: self.etag,
            "NOTICE": self._notice,
            "FAILED_NOTICE": self._failed_notice,
            "ENTRY": lambda: str(self._ask("GET", "/audit?limit=1", 200)["items"][0]["id"]),
            "KEY": lambda: str(uuid4()),
            "METRICS_TOKEN": lambda: METRICS_TOKEN,
        }

    def variables(self, command: str) -> dict[str, str]:
        """What the command's variables stand for, in the order in which they are made here."""
        named = set(re.findall(r"\$\{?([A-Z_]+)", command))
        assert named <= self.props.keys()
        return {name: make() for name, make in self.props.items() if name in named}

    def set_up(self, operation: str) -> None:
        """Root is logged in; there is an alice but for who signs up as alice, and no bob."""
        if self.server.call("GET", "/auth/sessions", self.root).status_code == 401:
            self.root = self.server.log_in("root", PASSWORD)  # the last example has ended that session
        names = {user["username"] for user in self._ask("GET", "/users", 200)["items"]}
        unwanted = {"bob", "alice"} if operation == "post_user" else {"bob"}
        for name in names & unwanted:
            self._ask("DELETE", f"/user/{name}", 204)
        if not {"alice"} <= names | unwanted:
            self._ask("POST", "/user", 201, {"username": "alice", "password": PASSWORD})

    def _user(self) -> str:
        body = {"username": f"u{uuid4().hex}", "password": PASSWORD, "role": "user"}
        return str(self._ask("POST", "/users", 201, body)["id"])

    def _deleted_user(self) -> str:
        made = self._user()
        self._ask("DELETE", f"/users/{made}", 200)
        return made

    def _defect(self) -> str:
        made = self.server.call("POST", "/api/defects", self.root, json={"comment": "It leaks."})
        self.etag = made.headers["ETag"]
        return str(made.json()["id"])

    def _notice(self) -> str:
        path = f"/notifications?defect={self._defect()}&status=delivered"
        (notice,) = wait_until(lambda: self._ask("GET", path, 200)["items"], what="the notice is delivered")
        return str(notice["id"])

    def _failed_notice(self) -> str:
        notice = self._notice()
        self.server.ask_database(
            f"UPDATE notification SET status = 'failed', delivered_at = NULL WHERE id = {int(notice)}"
        )
        return notice

    def _ask(self, method: str, path: str, status: int, body: Any = None) -> Any:
        answer = self.server.call(method, path, self.root, json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def stage(server: Server) -> Stage:
    return Stage(server)


@pytest.mark.parametrize("name", SAMPLES)
def test_an_example_does_what_is_documented(server: Server, stage: Stage, name: str) -> None:
    operation, source = SAMPLES[name]
    assert source.startswith("curl ")
    stage.set_up(operation["operationId"])
    said = run(source.replace(SERVER, server.url), stage.variables(source))
    body, _, told = said.rpartition("\n")
    status, _, content_type = told.partition(" ")
    assert status.startswith("2"), said
    answer = operation["responses"][status]
    if name.startswith("HEAD"):
        assert body.startswith(f"HTTP/1.1 {status} ")
    elif "content" in answer:
        schema = answer["content"][content_type.partition(";")[0]]["schema"] | {"components": DOCUMENT["components"]}
        shown = body if content_type.startswith("text/") else msgspec.json.decode(body)
        Draft202012Validator(schema).validate(shown)
    else:
        assert body == ""


def run(command: str, variables: dict[str, str]) -> str:
    """What it answers, when sh runs it with these variables and no others."""
    ran = subprocess.run(
        ["sh", "-euc", TOLD + command],
        env={"PATH": os.environ["PATH"]} | variables,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_delete_whose_variable_is_empty_is_not_sent() -> None:
    deletes = [source for _, source in SAMPLES.values() if "-X DELETE" in source and "$" in source.splitlines()[0]]
    assert len(deletes) >= 5
    for source in deletes:
        ran = subprocess.run(
            ["sh", "-c", f"curl() {{ echo sent; }}\n{source}"], env={}, capture_output=True, text=True, check=False
        )
        assert (ran.returncode != 0, ran.stdout) == (True, "")
