"""Usernames: what may be one, and when two are the same."""

import unicodedata
from functools import cache
from typing import Any

LONGEST = 150
PUNCTUATION = "@.+-_"
# Nonspacing ones in a row.
MOST_MARKS = 4
# Marks that are no accents for letters of many scripts; on a letter of another script some show nothing.
OF_ONE_SCRIPT = r"(?V1)[\p{M}--\p{Script=Inherited}]"
# Marks that show nothing themselves: the letter after one goes below the letter before.
JOINER = r"[\p{Indic_Syllabic_Category=Invisible_Stacker}\N{TIFINAGH CONSONANT JOINER}]"
INVISIBLE = "Leave out invisible characters."


def checked_username(given: str) -> str:
    """Return the name as it is kept, in NFKC; ValueError says what a name may be."""
    name = possible_username(given)
    if has_invisible(name):
        raise ValueError(INVISIBLE)
    if not name.isascii():
        _check_marks(name)
    return name


def possible_username(given: str) -> str:
    """Return the name in NFKC; ValueError if no account can have it, by the rules of any version."""
    # NFKC makes one character of four at most: what is longer need not be looked at.
    name = unicodedata.normalize("NFKC", given) if len(given) <= 4 * LONGEST else given
    if not 1 <= len(name) <= LONGEST:
        raise ValueError(f"Use 1 to {LONGEST} characters.")
    if not all(_is_letter_or_digit(char) or _is_mark(char) or char in PUNCTUATION for char in name):
        raise ValueError("Use letters, digits and @ . + - _ only.")
    if not _is_letter_or_digit(name[0]):
        raise ValueError("Begin with a letter or a digit.")
    return name


def has_invisible(text: str) -> bool:
    """Whether a text has characters that show nothing: Unicode's Default_Ignorable_Code_Point."""
    return not text.isascii() and bool(_pattern(r"\p{Default_Ignorable_Code_Point}").search(text))


def _check_marks(name: str) -> None:
    """Raise ValueError for combining marks that no text needs; the limits are those of UTS #39, section 5.4."""
    decomposed = unicodedata.normalize("NFD", name)
    if _pattern(r"(?<![\p{L}\p{M}])\p{M}").search(decomposed):
        raise ValueError("Put accents and other marks after letters only.")
    if _pattern(rf"\p{{Mn}}{{{MOST_MARKS + 1}}}|(\p{{Mn}})\1").search(decomposed):
        raise ValueError(f"Put at most {MOST_MARKS} marks on a letter, each of them once.")
    if not all(_is_of_its_letters_script(name, found.start()) for found in _pattern(OF_ONE_SCRIPT).finditer(name)):
        raise ValueError("Put a mark after a letter of its own script only.")
    if _pattern(rf"{JOINER}(?!\p{{L}})").search(name):
        raise ValueError(INVISIBLE)


def _is_of_its_letters_script(name: str, at: int) -> bool:
    """Whether a mark and the letter that it is put on are of one script, with which Unicode's names begin."""
    letter = next(char for char in reversed(name[:at]) if not _is_mark(char))
    return _script(name[at]) == _script(letter)


def _script(char: str) -> str:
    return unicodedata.name(char).removeprefix("COMBINING ").split()[0]


@cache
def _pattern(expression: str) -> Any:
    # Imported here: it takes 3 MB, and only texts outside ASCII need it. Python's re knows no such properties.
    import regex

    return regex.compile(expression)


def caseless(text: str) -> str:
    """What all spellings of a text have in common: Unicode's caseless match for identifiers."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)


def key_if_possible(given: str) -> str | None:
    """The key to look *given* up by, with names that were allowed once; None if no account can have it."""
    try:
        return caseless(possible_username(given))
    except ValueError:
        return None


def _is_letter_or_digit(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] == "L" or category == "Nd"


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in ("Mn", "Mc")
