"""A browser with a real cookie jar and real connections: curl."""

import re
import subprocess
from pathlib import Path

from tests.system.server import Server

PASSWORD = "a rather long one"


class Curl:
    """curl with a cookie jar, as somebody at a terminal would use it."""

    def __init__(self, server: Server, jar: Path) -> None:
        self._server, self.jar = server, jar

    def ask(self, path: str, *options: str) -> tuple[int, str]:
        """The status, and the headers with the body."""
        jar = ["--cookie-jar", str(self.jar), "--cookie", str(self.jar)]
        if isinstance(self._server.verify, str):
            jar += ["--cacert", self._server.verify]
        line = ["curl", "-sS", "-i", "--max-time", "20", *jar, *options, self._server.url + path]
        said = subprocess.run(line, capture_output=True, text=True, timeout=30, check=True).stdout
        return int(said.split()[1]), said

    def kept(self) -> list[list[str]]:
        """The cookies in the jar: domain, whether for subdomains, path, whether secure, end, name, value."""
        lines = self.jar.read_text().splitlines()
        return [line.split("\t") for line in lines if "\t" in line]


def live_by_cookie(curl: Curl, server: Server, name: str) -> None:
    """Log in at the page, change an account with what the page brought, log out."""
    assert server.call("POST", "/user", json={"username": "alice", "password": PASSWORD}).status_code == 201
    origin = ["-H", f"Origin: {server.url}"]
    form = ["--data-urlencode", "username=alice", "--data-urlencode", f"password={PASSWORD}"]
    status, said = curl.ask("/admin/login", *form)
    assert status == 403 and "set-cookie" not in said.lower(), "curl says no Origin by itself"
    status, said = curl.ask("/admin/login", *form, *origin)
    assert status == 303 and "location: /docs" in said.lower()
    assert [(each[5], each[3]) for each in curl.kept()] == [(name, str(name.startswith("__Host-")).upper())]
    page = curl.ask("/docs")[1]
    found = re.search(r'<meta name="csrf-token" content="(\w+)">', page)
    assert found, page
    token = ["-H", f"X-CSRF-Token: {found[1]}"]
    change = ["-X", "PATCH", "--json", '{"data": {"a": 1}}']
    assert curl.ask("/user/alice")[0] == 200
    assert curl.ask("/user/alice", *change)[0] == 403
    assert curl.ask("/user/alice", *change, *token)[0] == 403
    assert curl.ask("/user/alice", *change, *origin)[0] == 403
    assert curl.ask("/user/alice", *change, *token, "-H", "Origin: http://evil.example")[0] == 403
    status, said = curl.ask("/user/alice", *change, *token, *origin)
    assert status == 200 and '"data":{"a":1}' in said
    kept = curl.jar.read_text()
    assert curl.ask("/admin/logout", "--data", f"csrf_token={found[1]}", *origin)[0] == 303
    assert curl.ask("/user/alice")[0] == 401
    curl.jar.write_text(kept)
    assert curl.ask("/user/alice")[0] == 401, "whoever kept the cookie"
    assert curl.ask("/user/alice", *change, *token, *origin)[0] == 401
