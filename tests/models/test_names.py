"""Which names an account may have, and which of them are one."""

import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.names import caseless, checked_username, key_if_possible

LETTERS = st.characters(categories=["L", "Nd"])
MARKS = st.characters(categories=["Mn", "Mc"])
NAMES = st.builds(str.__add__, LETTERS, st.text(LETTERS | MARKS | st.sampled_from("@.+-_"), max_size=20))
# Refused today, and taken for letters once.
INVISIBLE_LETTERS = ["\u3164", "\u115f", "\u1160", "\uffa0"]
# Marks that show nothing, or a tiny thing, on a letter of another script.
FOREIGN = "\u1039\u17d2\u1a60\u2d7f\U00011a47\U0001bc9d\U00016fe4\U0001107f\U0001da9b\u094d\u0e3a\u302e\U0001d165"


@pytest.mark.parametrize(
    "name",
    [
        *("a", "7", "alice", "Alice.B+c@d-e_f", "élodie", "Ωμέγα", "李雷", "٣", "a..", "x" * 150, "李" * 150),
        *("မန္တလေး", "មន្ត្រី", "ⵣ\u2d7fⵣ"),
        *("सीता", "কৃষ্ণ", "ကြွှေ", "བསྒྲུབས", "สมชาย", "mọ̀nà", "דָּוִד", "مُحَمَّد", "\u1ea1\u0304\u0301_1", "क" + "\u093e" * 149),
    ],
)
def test_a_good_name_is_kept_as_it_was_given(name: str) -> None:
    assert checked_username(name) == name


@pytest.mark.parametrize(
    ("given", "kept"), [("ﬁona", "fiona"), ("Ａｌｉｃｅ", "Alice"), ("e\u0301lodie", "élodie"), ("K", "K"), ("①", "1")]
)
def test_a_name_is_kept_in_nfkc(given: str, kept: str) -> None:
    assert checked_username(given) == kept


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "/",
        "a/b",
        "..a",
        "@alice",
        "_alice",
        "-rf",
        "a b",
        " alice",
        "alice ",
        "a\x00b",
        "a\nb",
        "a\x7fb",
        "a\u202eb",
        "a\u2066b",
        "a\u200fb",
        "a\u200bb",
        "a\ufeffb",
        "a\u00adb",
        "a%2fb",
        "a?b",
        "a#b",
        "a\\b",
        "a:b",
        "a,b",
        "a<b>",
        "a'b",
        'a"b',
        "😀",
        "\u0301a",
        "a／b",
        "\ufdfa",
        "a\ud800",
        "½",
        "a\ufffe",
    ],
)
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        checked_username(name)
    assert key_if_possible(name) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        *((f"{begin}{letter}", "invisible") for begin in ("", "root", "सी") for letter in INVISIBLE_LETTERS),
        *((f"a{char}b", "invisible") for char in "\u034f\u17b4\u180b\ufe0f\U000e0100"),
        *((f"root{mark}", "own script") for mark in FOREIGN),
        ("a\u0301\u17d2\u1780", "own script"),
        *((f"{begin}{end}", "invisible") for begin in ("အ\u1039", "ក\u17d2") for end in ("", "1", ".")),
        ("a_\u0301", "after letters"),
        ("a1\u093e", "after letters"),
        ("a\u0301\u0301", "at most 4"),
        ("e\u0301\u0316\u0301\u0316", "at most 4"),
        ("a\u0300\u0301\u0302\u0303\u0304", "at most 4"),
        ("é\u0300\u0302\u0303\u0304", "at most 4"),
    ],
    ids=lambda text: ascii(text)[1:-1],
)
def test_a_name_that_is_refused_today_can_still_be_looked_up(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        checked_username(name)
    assert key_if_possible(name) is not None


@pytest.mark.parametrize("name", ["x" * 151, "ﬃ" * 51, "x" * 1_000_000])
def test_a_name_has_150_characters_at_most_in_nfkc(name: str) -> None:
    assert len(checked_username("ﬃ" * 50)) == 150
    with pytest.raises(ValueError, match="1 to 150"):
        checked_username(name)


@pytest.mark.parametrize("letter", ["é", "ậ", "ᾂ"])
def test_a_name_of_150_letters_may_arrive_in_pieces(letter: str) -> None:
    assert checked_username(unicodedata.normalize("NFD", letter * 150)) == letter * 150


@pytest.mark.parametrize(
    ("one", "other"),
    [("alice", "ALICE"), ("straße", "STRASSE"), ("ΣΑΣ", "σας"), ("ﬁona", "FIONA"), ("é", "E\u0301"), ("K", "k")],
)
def test_spellings_of_one_name_share_a_key(one: str, other: str) -> None:
    assert key_if_possible(one) == key_if_possible(other) is not None


def test_different_names_have_different_keys() -> None:
    names = ["alice", "alice1", "a.lice", "аlice", "élodie", "elodie"]
    assert len({key_if_possible(name) for name in names}) == len(names)


@settings(deadline=None)
@given(NAMES)
def test_keeping_a_name_again_changes_nothing(name: str) -> None:
    kept = kept_or_none(name)
    assume(kept is not None)
    assert kept is not None
    assert checked_username(kept) == kept


@settings(deadline=None)
@given(NAMES)
def test_a_key_is_its_own_key(name: str) -> None:
    key = key_if_possible(name)
    assume(key is not None)
    assert key is not None
    assert caseless(key) == key


@settings(deadline=None)
@given(NAMES)
def test_case_and_normal_form_dont_make_another_name(name: str) -> None:
    key = key_if_possible(name)
    # Turkish dotless i is no other case of I to Unicode; iota subscript is a mark in one case, a letter in the other.
    assume(key is not None and not {"ı", "\u0345"} & set(unicodedata.normalize("NFKD", name)))
    spellings = [name.upper(), name.lower(), name.swapcase()]
    spellings += [unicodedata.normalize(form, each) for each in (name, *spellings) for form in ("NFC", "NFD", "NFKD")]
    assert {key_if_possible(each) for each in spellings} <= {key, None}
    assert key_if_possible(unicodedata.normalize("NFD", name)) == key


def kept_or_none(name: str) -> str | None:
    try:
        return checked_username(name)
    except ValueError:
        return None
