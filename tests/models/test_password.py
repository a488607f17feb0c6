"""Which passwords are taken, and that none is cut."""

import bcrypt
import pytest

from models.account import NewAccount
from models.errors import Invalid
from models.password import checked_password, hashed, matches


@pytest.mark.parametrize(
    "given", ["8 signs!", "x" * 128, "\U0001f600" * 128, "é" * 50, "with\x00nul inside", "\x00" * 8, " " * 8]
)
def test_a_password_of_8_to_128_characters_works_whatever_they_are(given: str) -> None:
    assert checked_password(given) == given
    kept = hashed(given)
    assert matches(given, kept)
    assert not matches(given[:-1], kept)
    assert given not in kept


@pytest.mark.parametrize("given", ["", "7 signs", "x" * 129, "\U0001f600" * 129])
def test_another_length_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="8 to 128"):
        checked_password(given)


@pytest.mark.parametrize(
    "given", ["password", "PassWord", "12345678", "iloveyou", "password1", "11111111", "ｐａｓｓｗｏｒｄ"]
)
def test_a_password_that_all_know_is_refused_whatever_its_case(given: str) -> None:
    with pytest.raises(ValueError, match="most common"):
        checked_password(given)


@pytest.mark.parametrize(("username", "given"), [("alice.liddell", "Alice.Liddell"), ("ﬁonafiona", "FIONAfiona")])
def test_a_password_that_is_the_username_is_refused(username: str, given: str) -> None:
    with pytest.raises(Invalid) as caught:
        NewAccount(username=username, password=given)
    assert list(caught.value.fields) == ["password"]


@pytest.mark.parametrize("same", ["x" * 72, "x" * 100, "\U0001f600" * 20, "nul\x00nul\x00"])
def test_passwords_that_begin_alike_differ(same: str) -> None:
    kept = hashed(f"{same}one end")
    assert matches(f"{same}one end", kept)
    assert not matches(f"{same}another", kept)
    assert not matches(same, kept)


def test_two_hashes_of_one_password_differ() -> None:
    assert hashed("the same one") != hashed("the same one")


@pytest.mark.parametrize("given", ["", "short", "x" * 100_000])
def test_any_text_may_be_compared(given: str) -> None:
    assert not matches(given, hashed("another one"))
    assert not matches(given, None)


def test_nobodys_hash_costs_as_much_as_anybodys(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def fits(_: bytes, known: bytes) -> bool:
        asked.append(known)
        return True

    monkeypatch.setattr(bcrypt, "checkpw", fits)
    somebodys = hashed("the same one")
    matches("the same one", somebodys)
    assert not matches("the same one", None)
    assert [known[:7] for known in asked] == [somebodys[:7].encode()] * 2
