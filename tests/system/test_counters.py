"""The sample counter server: told by a real `script/server`, and by itself."""

import random
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.chaos.load import Line, on_lines
from tests.services.processes import free_port, running, wait_until
from tests.system.server import Server
from workers.counters import PROGRAM
from workers.sandbox import deno

PASSWORD = "correct horse battery"
ITS_OWN_PORT = 8888
NONSENSE = b"""
{
null
7
[]
""
{}
{"user": 1}
{"action": "create"}
{"user": "1", "action": "create"}
{"user": 1.5, "action": "create"}
{"user": 1e999, "action": "create"}
{"user": 1, "action": "update"}
{"user": 1, "action": "__proto__"}
{"user": 1, "action": ["create"]}
""".splitlines()


def sign_up(server: Server, name: str) -> tuple[int, str]:
    made = server.call("POST", "/user", json={"username": name, "password": PASSWORD})
    assert made.status_code == 201
    return made.json()["id"], server.log_in(name, PASSWORD)


def processes_of(url: str) -> list[str]:
    """Those that may listen there and nowhere else."""
    mark = f"--allow-net={urlsplit(url).netloc}\0".encode()
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # ended while we looked
            if mark in line.read_bytes():
                found.append(line.parent.name)
    return found


def test_it_counts_what_people_report_and_delete(data_dir: Path) -> None:
    print(f"seed {(seed := random.randrange(2**32))}")
    chance = random.Random(seed)
    with Server(data_dir, ADMIN_USERNAME="root", ADMIN_PASSWORD=PASSWORD) as server:
        url = server.counters_url
        people = [sign_up(server, name) for name in ("alice", "bob", "dave")]
        counted: Counter[tuple[int, str]] = Counter()
        for (user, token), reported in zip(people, (50, 30, 20), strict=True):
            deleted = chance.randrange(1, reported)
            report_and_delete(server, token, reported, deleted)
            counted += Counter({(user, "create"): reported, (user, "delete"): deleted})
        wait_until(lambda: totals(url) == counted, what=lambda: f"{counted}, and not {totals(url)}")
        finds_all_of_one_request(server, *people[0])
        assert len(processes_of(url)) == 1
    assert (server.processes(), processes_of(url)) == ({}, [])
    assert "Traceback" not in server.log()


def report_and_delete(server: Server, token: str, reported: int, deleted: int) -> None:
    def report(line: Line, _: int) -> str:
        return str(line.ask("POST", "/api/defects", {"comment": "It leaks."}).json["id"])

    def delete(line: Line, defect: str) -> int:
        return line.ask("DELETE", f"/api/defects/{defect}").status

    defects = on_lines(server.port, token, report, range(reported), lines=4)
    assert set(on_lines(server.port, token, delete, defects[:deleted], lines=4)) == {204}


def totals(url: str) -> Counter[tuple[int, str]]:
    """What it has counted, for each user and action."""
    found = requests.get(url, timeout=5).json()
    return Counter({(int(user), action): n for user, total in found.items() for action, n in total.items()})


def finds_all_of_one_request(server: Server, user: int, token: str) -> None:
    """The one id finds the entry, the notice and what was logged of both."""
    before = totals(server.counters_url)[user, "create"]
    headers = {"Authorization": f"Bearer {token}", "X-Request-ID": "find-me"}
    defect = requests.post(f"{server.url}/api/defects", json={"comment": "Here."}, headers=headers, timeout=10).json()
    wait_until(lambda: totals(server.counters_url)[user, "create"] == before + 1, what="counted")
    roots = server.log_in("root", PASSWORD)
    (entry,) = server.call("GET", "/audit?request_id=find-me", roots).json()["items"]
    assert (entry["model"], entry["object_id"], entry["user"]) == ("defect", str(defect["id"]), user)
    wait_until(lambda: '"event":"notice delivered","request_id":"find-me"' in server.log(), what="logged")
    (notice,) = server.call("GET", "/notifications?request_id=find-me", roots).json()["items"]
    assert (notice["defect"], notice["user"], notice["action"]) == (defect["id"], user, "create")
    assert notice["status"] == "delivered"
    lines = [line for line in server.log().splitlines() if '"request_id":"find-me"' in line]
    assert [line.partition('"event":"')[2].partition('"')[0] for line in lines] == [
        "defect reported",
        "request",
        "notice delivered",
    ]


@contextmanager
def sample(folder: Path, *leave: str, **environment: str) -> Iterator[None]:
    """The sample alone, with nobody to ask for anything."""
    command = [deno(), "run", "--allow-net", *leave, PROGRAM.name]
    own = {"DENO_DIR": str(folder / "deno"), "DENO_NO_UPDATE_CHECK": "1"}
    with running(command, log=folder / "log", cwd=PROGRAM.parent, env=own | environment):
        yield


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    with sample(tmp_path, "--allow-env=PORT", PORT=str(port)):
        wait_until(lambda: listens(port), what="the sample")
        yield f"http://127.0.0.1:{port}/"


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tell(url: str, user: Any = 1, action: Any = "create", **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.post(url, json={"user": user, "action": action}, headers=named, timeout=5)


def test_without_leave_to_read_a_port_it_listens_on_8888_and_asks_nobody(tmp_path: Path) -> None:
    port, leave = (free_port(), ["--allow-env=PORT"]) if listens(ITS_OWN_PORT) else (ITS_OWN_PORT, [])
    with sample(tmp_path, *leave, PORT=str(port if leave else free_port())):
        wait_until(lambda: listens(port), what="the sample")
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).json() == {}


def test_it_counts_each_key_once_and_what_has_none_each_time(url: str) -> None:
    for _ in range(3):
        assert tell(url, Idempotency_Key="one").json() == {"create": 1, "delete": 0}
    tell(url, action="delete", Idempotency_Key="two")
    for _ in range(2):
        assert tell(url, user=2).status_code == 200
    assert requests.get(url, timeout=5).json() == {"1": {"create": 1, "delete": 1}, "2": {"create": 2, "delete": 0}}


def test_a_key_that_was_another_s_is_no_fault_of_its_own(url: str) -> None:
    tell(url, user=1, Idempotency_Key="one")
    assert tell(url, user=2, Idempotency_Key="one").status_code < 500
    assert requests.get(url, timeout=5).json() == {"1": {"create": 1, "delete": 0}}


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_is_refused_and_not_counted(url: str, nonsense: bytes) -> None:
    assert requests.post(url, data=nonsense, timeout=5).status_code == 400
    assert requests.get(url, timeout=5).json() == {}


def test_there_is_nothing_else(url: str) -> None:
    assert requests.get(f"{url}totals", timeout=5).status_code == 404
    for method in ("PUT", "DELETE", "PATCH", "HEAD"):
        answer = requests.request(method, url, timeout=5)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")
