"""Promise 10: no password, token or key is in any log, table, Redis value or answer; audit holds nothing personal."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from models import password, session_store
from models.fields import DocumentField
from models.stores import database, opened
from models.user import User
from tests.conftest import SECRET_KEY
from tests.security.canary import (
    DATA,
    EMAIL,
    NEW_DATA,
    NEW_EMAIL,
    NEW_PASSWORD,
    PASSWORD,
    PERSONAL,
    PREVIOUS_KEY,
    WRONG,
    Canary,
)
from tests.security.rows import redis_contents, rows, tables


@pytest.fixture
def canary(app: Any, stores: None, monkeypatch: pytest.MonkeyPatch) -> Canary:
    monkeypatch.setattr(opened, "settings", replace(opened.settings, secret_key_previous=PREVIOUS_KEY))
    return Canary(app)


def assert_absent(text: str, *secrets: str) -> None:
    for secret in secrets:
        # Three turns of base64, as bytes may stand anywhere in it; and the forms that logs and SQL write.
        forms = {secret, json.dumps(secret)[1:-1], secret.encode().hex(), secret.upper(), secret[::-1]}
        forms |= {base64.b64encode(b"x" * turn + secret.encode()).decode()[4:-4] for turn in range(3)}
        for form in {form for form in forms if len(form) >= len(secret)}:
            assert form not in text, f"{secret} is in {text[max(0, text.index(form) - 300) : text.index(form) + 100]!r}"


def secrets_of(canary: Canary) -> tuple[str, ...]:
    """What must be nowhere; of a token, the signature is what makes it one."""
    return (
        PASSWORD,
        NEW_PASSWORD,
        WRONG,
        SECRET_KEY,
        PREVIOUS_KEY,
        *canary.tokens,
        *(each.rpartition(".")[2] for each in canary.tokens),
    )


def dump() -> str:
    return repr({table: database.execute_sql(f"SELECT * FROM {table}").fetchall() for table in tables()})


@pytest.mark.parametrize("level", ["info", "debug"])
def test_no_secret_and_nothing_personal_is_in_the_log(
    canary: Canary, at_level: Callable[[str], None], capfd: pytest.CaptureFixture[str], level: str
) -> None:
    at_level(level)
    canary.live()
    hashes = [row["password_hash"] for row in rows("users")]
    assert canary.ask("DELETE", "/user/canary", headers=canary.headers).status == 204
    out, err = capfd.readouterr()
    assert out.count('"event":"request"') == len(canary.answers)
    assert_absent(out + err, *secrets_of(canary), *PERSONAL, *hashes)


def test_no_secret_is_in_any_table_or_in_redis(canary: Canary) -> None:
    canary.live()
    assert NEW_EMAIL in dump() and NEW_DATA in dump(), "the dump would show them"
    assert_absent(dump(), *secrets_of(canary))
    assert_absent(repr(redis_contents()), *secrets_of(canary), *PERSONAL)


def test_nothing_personal_is_in_the_audit_while_an_account_lives(canary: Canary) -> None:
    canary.live()
    entries = rows("audit_entry")
    assert {(entry["model"], entry["action"]) for entry in entries} >= {("user", "create"), ("user", "update")}
    assert_absent(repr(entries), "canary", *secrets_of(canary), *PERSONAL, rows("users")[0]["password_hash"])


def test_an_erased_person_leaves_only_ids_behind(canary: Canary) -> None:
    canary.live()
    password_hash = rows("users")[0]["password_hash"]
    canary.ask("DELETE", "/user/canary", headers=canary.headers)
    left = dump() + repr(redis_contents())
    assert_absent(left, "canary", password_hash, *secrets_of(canary), *PERSONAL)


def test_no_answer_holds_a_password_a_key_or_a_hash(canary: Canary) -> None:
    canary.live()
    password_hash = rows("users")[0]["password_hash"]
    for path, answer in canary.answers:
        said = repr(answer)
        assert_absent(said, PASSWORD, NEW_PASSWORD, WRONG, SECRET_KEY, PREVIOUS_KEY, password_hash)
        assert path == "/auth" or not any(token in said for token in canary.tokens)


@pytest.mark.parametrize(
    "fault", [(password, "hashed"), (password, "matching_form"), (session_store, "save"), (User, "live")]
)
def test_an_unexpected_error_tells_the_log_where_and_nobody_what(
    canary: Canary, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], fault: tuple[Any, str]
) -> None:
    canary.live()
    monkeypatch.setattr(*fault, lambda: "takes no argument, and is given some")
    fresh = {"username": "another", "password": PASSWORD, "email": EMAIL, "data": {DATA: 1}}
    answers = [
        canary.ask("POST", "/user", fresh),
        canary.ask("POST", "/auth", {"username": "canary", "password": PASSWORD}),
    ]
    broken = [answer for answer in answers if answer.status == 500]
    assert broken
    for answer in broken:
        assert_absent(repr(answer), "Traceback", "TypeError", ".py", *secrets_of(canary), *PERSONAL)
    out, _ = capfd.readouterr()
    assert "TypeError" in out
    assert_absent(out, *secrets_of(canary), *PERSONAL)


def test_a_row_that_the_database_refuses_is_not_quoted_in_the_log(
    canary: Canary, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    canary.live()
    password_hash = rows("users")[0]["password_hash"]
    # Postgres says of a NOT NULL that fails: Failing row contains (…the whole row…).
    monkeypatch.setattr(DocumentField, "db_value", lambda field, value: None)
    assert canary.ask("PUT", "/user/canary", {"data": {DATA: 2}}, headers=canary.headers).status == 500
    out, _ = capfd.readouterr()
    assert "IntegrityError" in out
    assert_absent(out, *secrets_of(canary), *PERSONAL, password_hash)


def test_settings_that_are_printed_show_no_secret(canary: Canary) -> None:
    settings = replace(opened.settings, admin_username="root", admin_password=PASSWORD, metrics_token=WRONG)
    assert_absent(f"{settings!r} {settings!s}", PASSWORD, WRONG, SECRET_KEY, PREVIOUS_KEY)
