"""Promise 10 over the whole suite: a secret that turns up in a log, a row, in Redis or in an answer fails the test.

What people of the tests log in with, and every secret key, carries one of the marks below; of each token that is handed
out, the signature is remembered, which makes it one.
"""

import re
import string
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from tests.services.databases import Ask, AskingOften

# "alice's long password" and "a secret key for tests, 32 bytes or more", also as a form or an address writes them.
# Two, each of which begins with what is rare, and is looked for twenty times as fast as both in one.
MARKED = [re.compile(rb"long(?: |\+|%20)password"), re.compile(rb"32(?: |\+|%20)bytes(?: |\+|%20)or")]
TOKEN = re.compile(rb"eyJ[\w-]+\.eyJ[\w-]+\.([\w-]{43})")
# Whatever no signature has, made a space: three times as fast as an expression.
LETTERS = frozenset(string.ascii_letters + string.digits + "_-")
APART = bytes(code if chr(code) in LETTERS else ord(" ") for code in range(256))
# The one answer in which a token may be, for programs and for browsers.
GRANTING = ("POST /auth", "POST /admin/login")
LARGEST_ANSWER = 1024 * 1024
# In one question each; a key of Redis may hold a secret, too.
OF_REDIS = """
local found, read = {}, {string = 'GET', list = 'LRANGE', set = 'SMEMBERS', zset = 'ZRANGE', hash = 'HGETALL'}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local kind = redis.call('TYPE', key).ok
  local range = (kind == 'list' or kind == 'zset') and {0, -1} or {}
  local value = read[kind] and redis.call(read[kind], key, unpack(range)) or ''
  found[#found + 1] = key .. ' ' .. (type(value) == 'table' and table.concat(value, ' ') or value)
end
return table.concat(found, '\\n')
"""
_handed_out: set[bytes] = set()
_leaks: list[str] = []


def hand_out(text: str | bytes) -> None:
    """Remember the tokens in a text, which may be nowhere from now on."""
    _handed_out.update(TOKEN.findall(text.encode() if isinstance(text, str) else text))


def leak_in(text: str | bytes) -> str | None:
    """The first secret in a text, with what is around it; None if there is none."""
    raw = text.encode(errors="replace") if isinstance(text, str) else text
    found = next((each[0] for each in (expression.search(raw) for expression in (*MARKED, TOKEN)) if each), None)
    found = found or next((word for word in raw.translate(APART).split() if word in _handed_out), None)
    if found is None:
        return None
    at = raw.index(found)
    return repr(raw[max(0, at - 200) : at + len(found) + 50])


def look_at(where: str, text: str | bytes) -> None:
    """Have the test that is under way fail if there is a secret in a text."""
    if leak := leak_in(text):
        _leaks.append(f"a secret is in {where}: {leak}")


def look_at_answer(method: str, path: str, text: bytes) -> None:
    """Look at an answer's head and body; its token is remembered where it is handed out."""
    asked = f"{method} {path.rstrip('/')}"
    if asked in GRANTING:
        hand_out(text)
        text = TOKEN.sub(b"", text)
    look_at(f"the answer to {asked}", text)


def watched(call: Callable[..., Any]) -> Callable[..., Any]:
    """A WSGI application whose every answer is looked at."""

    # Falcon's own client counts the arguments but `self`, by its name.
    def answering(self: Any, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        said: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            said[:] = status, headers
            return start_response(status, headers, *more)

        chunks = call(self, environ, start)
        body = b"".join(chunks)[:LARGEST_ANSWER] if isinstance(chunks, list) else b""
        head = "\n".join(": ".join(header) for header in said[1]).encode()
        look_at_answer(environ["REQUEST_METHOD"], environ["PATH_INFO"], head + body)
        return chunks

    return answering


class Kept:
    """What the stores of a test hold, read past the product and over connections of its own."""

    def __init__(self, ask: AskingOften, socket: Path, tables: Sequence[str]) -> None:
        self._ask, self._tables = ask, tables
        self._redis = redis.Redis(unix_socket_path=str(socket))
        self._of_redis = self._redis.register_script(OF_REDIS)

    def look(self) -> None:
        """Look at every row, and every key and value."""
        look_at_rows(self._ask, self._tables)
        if self._ask.on_sqlite:
            # Whoever restores a backup wants the file for themselves.
            self._ask.close()
        look_at("Redis", self._of_redis())


def look_at_rows(ask: Ask, tables: Sequence[str]) -> None:
    """Look at every row of some tables."""
    if ask.on_sqlite:
        for table in tables:
            look_at(f"the table {table}", repr(ask(f"SELECT * FROM {table}")))
    else:
        every = (f"SELECT '{table}', kept::text FROM {table} kept" for table in tables)
        look_at("a table", repr(ask(" UNION ALL ".join(every))))


def look_at_server(folder: Path, log: Path, ask: Ask) -> None:
    """Look at all that a server that has stopped leaves: logs, rows, what its Redis wrote, its figures."""
    for file in [*folder.rglob("*"), log]:
        if file.is_file() and file.name != "secret_key":
            look_at(file.name, file.read_bytes())
    if not ask.on_sqlite:
        with suppress(psycopg.OperationalError):  # it may have been killed
            tables = ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            look_at_rows(ask, [name for (name,) in tables])


def taken() -> list[str]:
    """What was found since this was last asked."""
    found = _leaks.copy()
    _leaks.clear()
    return found


def report_leaks(report: pytest.TestReport) -> None:
    """At the end of a test, look at what was logged, and say what was found anywhere."""
    for title, text in report.sections:
        look_at(title, text)
    if found := taken():
        report.outcome, report.longrepr = "failed", "\n".join(found)
