"""The search for secrets finds them, in each form and in each place; if it did not, no other test would tell."""

import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from models.stores import opened
from tests.client import Client
from tests.leaks import Kept, hand_out, leak_in, look_at_server, taken
from tests.people import Person
from tests.services.databases import Asking

ROOT = Path(__file__).resolve().parents[1]
PASSWORD, KEY = "my long password", "a secret key for tests, 32 bytes or more"
SIGNATURE = "wHY" + "0123456789abcdefABCD" * 2
TOKEN = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.{SIGNATURE}"
PLANTED = {
    "a string": ("SET", "name", PASSWORD),
    "a list": ("RPUSH", "name", "other", PASSWORD),
    "a set": ("SADD", "name", "other", PASSWORD),
    "a sorted set": ("ZADD", "name", "1", "other", "2", PASSWORD),
    "a value of a hash": ("HSET", "name", "field", PASSWORD),
    "a field of a hash": ("HSET", "name", PASSWORD, "value"),
    "a key": ("SET", PASSWORD, "value"),
}


@pytest.fixture
def forgiven() -> Iterator[None]:
    """What was planted is found at the end as well, when `stores` looks; named first, this ends after it."""
    yield
    assert taken()


@pytest.mark.parametrize("write", [str, quote, quote_plus])
@pytest.mark.parametrize("secret", [PASSWORD, KEY, TOKEN])
def test_secrets_are_found_however_they_are_written(secret: str, write: Callable[[str], str]) -> None:
    assert write(secret) in (leak_in(f'{{"said": "{write(secret)}"}}') or "")


def test_of_a_token_that_was_handed_out_the_signature_is_enough() -> None:
    signature = secrets.token_urlsafe(32)
    words = f"id={signature}&from=0"
    assert leak_in(words) is None
    hand_out(f'{{"token": "{TOKEN.removesuffix(SIGNATURE)}{signature}"}}')
    assert signature in (leak_in(words) or "")


@pytest.mark.parametrize("text", ["a wrong password", "of 32 bytes", "eyJhbGciOiJIUzI1NiJ9", SIGNATURE, b"\xff\x00"])
def test_what_is_none_is_not_found(text: str | bytes) -> None:
    assert leak_in(text) is None


def test_secrets_in_answers_and_rows_are_found(forgiven: None, alice: Person, api: Client, what_is_kept: Kept) -> None:
    assert api.post_json("/api/defects", {"comment": PASSWORD}, headers=alice.headers).status_int == 201
    (answer,) = taken()
    assert answer.startswith("a secret is in the answer to POST /api/defects: ")
    what_is_kept.look()
    assert PASSWORD in taken()[0]


@pytest.mark.parametrize("command", PLANTED.values(), ids=PLANTED)
def test_secrets_in_redis_are_found(forgiven: None, stores: None, what_is_kept: Kept, command: tuple[str, ...]) -> None:
    opened.redis.run(*command)
    what_is_kept.look()
    assert [each.partition(":")[0] for each in taken()] == ["a secret is in Redis"]


def test_secrets_in_what_a_server_leaves_are_found(tmp_path: Path) -> None:
    folder, log = tmp_path / "data", tmp_path / "log"
    (folder / "backups").mkdir(parents=True)
    for file in (folder / "backups" / "one", folder / "secret_key", log):
        file.write_text(KEY)
    look_at_server(folder, log, Asking("sqlite:///:memory:"))
    assert [each.partition(":")[0] for each in taken()] == ["a secret is in one", "a secret is in log"]


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_test_that_logs_a_secret_fails(tmp_path: Path, stream: str) -> None:
    written = tmp_path / "test_logging.py"
    written.write_text(f'import sys\n\ndef test_it():\n    sys.{stream}.write("{PASSWORD}")\n')
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", str(written)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, f"a secret is in Captured {stream} call: " in ran.stdout) == (1, True), ran.stdout
