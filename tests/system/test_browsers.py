"""A session in a browser, from log-in to log-out."""

from pathlib import Path

from tests.system.browsers import Curl, live_by_cookie
from tests.system.server import Server


def test_a_browser_logs_in_changes_something_and_logs_out(server: Server, tmp_path: Path) -> None:
    live_by_cookie(Curl(server, tmp_path / "jar"), server, "session")
    assert '"event":"unexpected error"' not in server.log()
