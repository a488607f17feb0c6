"""The image, as far as it can be tried without an engine: its Dockerfile walked in a folder, and what it starts."""

import json
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.services.processes import wait_until
from tests.system.dockerfile import Image
from tests.system.server import ROOT, Server
from tests.test_layers import HEIGHT

PASSWORD = "correct horse battery"
# What may lie in a checkout, and must stay there.
NOT_FOR_OTHERS = [
    ".env",
    ".git/config",
    "api/.env",
    "api/.key.pem",
    "key.pem",
    "models/__pycache__/a.pyc",
    "var/secret_key",
]
CHECKOUT = shutil.ignore_patterns(".git", ".venv", ".*cache", "__pycache__", ".hypothesis", "var", "build")


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Built from a copy of this checkout in which secrets lie about; nobody may write into it."""
    parent = Path(tempfile.mkdtemp(prefix="aerie-image-"))
    context = parent / "context"
    shutil.copytree(ROOT, context, ignore=CHECKOUT)
    for name in NOT_FOR_OTHERS:
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        (context / name).write_text("secret")
    built = Image(context, parent)
    subprocess.run(["chmod", "-R", "a-w", str(built.folder)], check=True)
    yield built
    subprocess.run(["chmod", "-R", "u+w", str(built.folder)], check=True)
    shutil.rmtree(parent)


class Container(Server):
    """What the image starts, in its environment and no other."""

    def __init__(self, image: Image, data_dir: Path, **environment: str) -> None:
        super().__init__(data_dir)
        self.environment = {**image.environment, **self.environment, **environment}
        self._image = image

    def launch(self) -> None:
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                self._image.command, env=self.environment, cwd=self._image.folder, stdout=log, stderr=log
            )

    def check(self) -> int:
        """What its health check says."""
        return subprocess.run(
            self._image.check, env=self.environment, cwd=self._image.folder, timeout=60, check=False
        ).returncode


def test_the_program_gets_into_the_image_and_nothing_else(image: Image) -> None:
    files = image.files()
    tops = {name.partition("/")[0].removesuffix(".py") for name in files}
    assert set(HEIGHT) <= tops
    assert tops.isdisjoint({"tests", "docs", "bench", "script", ".git", ".venv", "var", "Dockerfile", "compose.yaml"})
    assert files.isdisjoint(NOT_FOR_OTHERS)
    assert not [name for name in files if (image.folder / name).read_bytes() == b"secret"]


def test_it_runs_as_a_user_of_its_own_with_an_init_and_keeps_its_data_in_a_volume(image: Image) -> None:
    user, _, group = image.last("USER").partition(":")
    assert int(user) > 0 and int(group) > 0
    assert json.loads(image.last("ENTRYPOINT")) == ["tini", "--"]
    assert image.last("VOLUME") == "/data" == image.environment["DATA_DIR"].removeprefix(str(image.root))
    assert image.last("EXPOSE") == "8000"
    assert image.environment["HOST"] == "0.0.0.0"
    assert not [name for name in image.environment if "SECRET" in name or "PASSWORD" in name]


def test_what_it_starts_serves_and_works_and_stops_and_writes_nothing_beside_its_data(
    image: Image, data_dir: Path
) -> None:
    before = written(image)
    with Container(image, data_dir, ADMIN_USERNAME="root", ADMIN_PASSWORD=PASSWORD) as container:
        wait_until(lambda: container.check() == 0, seconds=60, what="a health check that answers within its 2 s")
        alice = {"username": "alice", "password": PASSWORD}
        assert container.call("POST", "/user", json=alice).status_code == 201
        token = container.log_in("root", PASSWORD)
        task = container.run_task(token, {"type": "javascript", "code": "6*7"})
        assert (task["status"], task["result"]) == ("succeeded", 42)
        assert container.call("GET", "/admin/login").status_code == 200
        assert container.call("GET", "/docs").status_code == 200
        wait_until(lambda: "Ctrl-C stops everything." in container.log(), what="its welcome")
        assert requests.get(container.counters_url, timeout=30).json() == {}
        ended = [line for line in container.log().splitlines() if "not expected" in line]
        assert ended == [], "the supervisor says so of what ends by itself"
        assert container.stop(getattr(signal, image.last("STOPSIGNAL"))) == 0
        assert container.check() == 1
    wait_until(lambda: container.processes() == {}, what=lambda: f"the end of {container.processes()}")
    assert written(image) == before


def written(image: Image) -> dict[str, int]:
    """Each file of the program, and when it was written."""
    return {name: (image.folder / name).stat().st_mtime_ns for name in image.files()}
