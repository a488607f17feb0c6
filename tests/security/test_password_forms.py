"""A password is the same however a device composes its accents, and hashes from before that go on working."""

import hashlib
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from unicodedata import normalize

import bcrypt
import peewee
import pytest

from models import password
from models.account import NewAccount
from models.stores import database
from models.user import User
from tests.client import Client
from tests.pages.browser import ENTRANCE, Browser
from tests.people import Person, is_valid
from tests.security.conftest import CheckedPasswords
from tests.security.rows import rows

COMPOSED = normalize("NFC", "une très longue clé")
DECOMPOSED = normalize("NFD", COMPOSED)
MIXED = COMPOSED.replace("è", "e\u0300")
FORMS = [COMPOSED, DECOMPOSED, MIXED]
WRONG = "une autre longue clé"


def log_in(api: Client, typed: str, status: int = 201, username: str = "alice") -> Any:
    return api.post_json("/auth", {"username": username, "password": typed}, status=status)


def digest(typed: str) -> bytes:
    """What bcrypt hashes: written again here, since hashes that are kept must fit whatever the product becomes."""
    return b64encode(hashlib.sha256(typed.encode()).digest())


@pytest.fixture
def hashed_as_typed(alice: Person) -> Callable[[str], None]:
    """Gives alice a password that was hashed in the form in which it was typed."""

    def keep(typed: str) -> None:
        kept = bcrypt.hashpw(digest(typed), bcrypt.gensalt(password.COST)).decode()
        User.update(password_hash=kept).where(User.id == alice.id).execute()

    return keep


def fits(typed: str) -> bool:
    """Whether the hash that is kept of alice's password is of this form, to the byte."""
    kept: str = User.get(User.username == "alice").password_hash
    return bcrypt.checkpw(digest(typed), kept.encode())


@pytest.mark.parametrize("chosen", FORMS, ids=ascii)
@pytest.mark.parametrize("typed", FORMS, ids=ascii)
def test_a_password_opens_the_account_in_every_form(api: Client, chosen: str, typed: str) -> None:
    api.post_json("/user", {"username": "alice", "password": chosen}, status=201)
    assert fits(COMPOSED)
    log_in(api, typed)
    api.post("/auth", {"username": "alice", "password": typed.encode()}, status=201)
    api.post("/auth", headers={"Authorization": f"Basic {b64encode(f'alice:{typed}'.encode()).decode()}"}, status=201)


def test_whoever_makes_the_account_it_has_one_password(api: Client, root: Person) -> None:
    account = {"username": "dave", "password": DECOMPOSED, "role": "user"}
    api.post_json("/users", account, headers=root.headers, status=201)
    User.create_admin(NewAccount(username="erin", password=DECOMPOSED))
    for name in ("dave", "erin"):
        log_in(api, COMPOSED, username=name)


def test_a_password_is_changed_with_the_current_one_in_any_form(api: Client, alice: Person) -> None:
    current = alice.password
    for current_password, new in ((current, DECOMPOSED), (MIXED, WRONG), (normalize("NFD", WRONG), DECOMPOSED)):
        fields = {"password": new, "current_password": current_password}
        api.patch_json(f"/users/{alice.id}", fields, headers=alice.headers, status=200)
    assert fits(COMPOSED)


def test_the_page_takes_it_in_any_form(app: Any, root: Person) -> None:
    body = {"password": COMPOSED, "current_password": root.password}
    Client(app).patch_json(f"/users/{root.id}", body, headers=root.headers, status=200)
    browser = Browser(app)
    browser.send(browser.get(ENTRANCE), "Log in", 303, username="root", password=DECOMPOSED)


@pytest.mark.parametrize(
    ("kept", "typed"),
    [(COMPOSED, DECOMPOSED), (DECOMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED), (MIXED, MIXED)],
    ids=["composed, decomposed", "decomposed, the same", "decomposed, composed", "mixed, the same"],
)
def test_a_hash_from_before_opens_the_account_and_is_made_anew(
    api: Client, alice: Person, hashed_as_typed: Callable[[str], None], kept: str, typed: str
) -> None:
    hashed_as_typed(kept)
    path = f"/users/{alice.id}"
    before, version = rows("audit_entry"), api.get(path, headers=alice.headers).headers["ETag"]
    token = log_in(api, typed).json["token"]
    assert fits(COMPOSED)
    assert is_valid(alice.token)
    assert is_valid(token)
    assert api.get(path, headers=alice.headers).headers["ETag"] == version
    assert [each["model"] for each in rows("audit_entry")[len(before) :]] == ["session"]


def test_once_it_is_made_anew_one_comparison_does(
    api: Client, checks: CheckedPasswords, hashed_as_typed: Callable[[str], None]
) -> None:
    hashed_as_typed(DECOMPOSED)
    for comparisons in (2, 1, 1):
        checks.costs.clear()
        log_in(api, DECOMPOSED)
        assert checks.count == comparisons


@pytest.mark.parametrize("kept", FORMS, ids=ascii)
def test_a_wrong_password_is_wrong_in_every_form_and_changes_nothing(
    api: Client, hashed_as_typed: Callable[[str], None], kept: str
) -> None:
    hashed_as_typed(kept)
    for typed in (WRONG, normalize("NFD", WRONG), normalize("NFKC", COMPOSED) + "ﬁ", COMPOSED.upper()):
        log_in(api, typed, 401)
    assert fits(kept)


def test_a_hash_is_not_made_anew_of_a_password_that_was_changed_meanwhile(
    alice: Person, hashed_as_typed: Callable[[str], None]
) -> None:
    stale = User.get_by_id(alice.id)
    hashed_as_typed(WRONG)
    stale.keep_rehashed(password.hashed(COMPOSED))
    assert fits(WRONG)


def test_a_log_in_succeeds_where_the_database_refuses_the_new_hash(
    api: Client, hashed_as_typed: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise peewee.OperationalError("no")

    hashed_as_typed(DECOMPOSED)
    with monkeypatch.context() as refusing:
        refusing.setattr(User, "keep_rehashed", refuse)
        log_in(api, DECOMPOSED)
    assert fits(DECOMPOSED)
    log_in(api, DECOMPOSED)
    assert fits(COMPOSED)


@pytest.mark.parametrize(
    ("typed", "comparisons"),
    [("a wrong password", 1), ("密码密码密码密码", 1), (WRONG, 2), (normalize("NFD", WRONG), 2), ("é" * 5000, 1)],
    ids=["ASCII", "one form", "composed", "decomposed", "over-long"],
)
def test_every_refusal_of_a_password_costs_the_same_whoever_it_is_of(
    api: Client, person: Callable[..., Person], checks: CheckedPasswords, typed: str, comparisons: int
) -> None:
    person("alice")
    deleted = person("deleted").id
    database.execute_sql(f"UPDATE users SET deleted_at = '2026-01-01T00:00:00.000000Z' WHERE id = {deleted}")
    for name in ("alice", "deleted", "nobody", "../alice"):
        checks.costs.clear()
        log_in(api, typed, 401, username=name)
        assert checks.costs == [password.COST] * comparisons


@pytest.mark.parametrize(("letter", "status"), [("é" * 128, 201), ("é" * 129, 400), ("é" * 7, 400), ("é" * 8, 201)])
def test_the_length_is_that_of_the_composed_form(api: Client, letter: str, status: int) -> None:
    api.post_json("/user", {"username": "dave", "password": normalize("NFD", letter)}, status=status)
