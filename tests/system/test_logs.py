"""Whoever has the id of a request finds in the log what became of it, in whichever process."""

import json
import re
from pathlib import Path
from typing import Any

from tests.services.counter import CounterServer
from tests.services.processes import wait_until
from tests.system.server import Server

PASSWORD = "correct horse battery"
CAUSES: dict[str, tuple[str, dict[str, Any]]] = {
    "a-script": ("/tasks", {"type": "javascript", "code": "6 * 7"}),
    "a-delay": ("/tasks", {"type": "delay", "seconds": 1}),
    "a-defect": ("/api/defects", {"comment": "It squeaks."}),
}
FOUND = {
    "a-script": ["request", "task begun", "task ended", "task queued"],
    "a-delay": ["request", "task begun", "task ended", "task queued"],
    "a-defect": ["defect reported", "notice delivered", "request"],
}
# The embedded Redis and the supervisor have forms of their own.
NOT_OURS = re.compile(r"\d+:(?:[A-Z] |signal-handler)|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ ")


def test_the_id_of_a_request_finds_what_it_caused_in_every_process(data_dir: Path) -> None:
    with (
        CounterServer() as counter,
        Server(data_dir, COUNTER_URL=counter.url, ADMIN_USERNAME="root", ADMIN_PASSWORD=PASSWORD) as server,
    ):
        token = server.log_in("root", PASSWORD)
        for name, (path, document) in CAUSES.items():
            assert server.call("POST", path, token, json=document, headers={"X-Request-ID": name}).ok
        wait_until(lambda: _events(server) == FOUND, what=lambda: f"all of it, in {server.log()}")
    before, after = re.split(r"Aerie is ready at (?:.*\n)*Ctrl-C stops everything\.", server.log())
    texts = [line for line in (before + after).splitlines() if line and not line.startswith("{")]
    assert [line for line in texts if not NOT_OURS.match(line)] == []


def _events(server: Server) -> dict[str, list[str]]:
    lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    return {name: sorted(line["event"] for line in lines if line["request_id"] == name) for name in CAUSES}
