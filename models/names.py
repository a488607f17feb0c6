"""Usernames: what may be one, and when two are the same."""

import unicodedata

LONGEST = 150
PUNCTUATION = "@.+-_"


def checked_username(given: str) -> str:
    """Return the name as it is kept, in NFKC; ValueError says what a name may be."""
    # NFKC makes one character of four at most: what is longer need not be looked at.
    name = unicodedata.normalize("NFKC", given) if len(given) <= 4 * LONGEST else given
    if not 1 <= len(name) <= LONGEST:
        raise ValueError(f"Use 1 to {LONGEST} characters.")
    if not all(_is_letter_or_digit(char) or char in PUNCTUATION for char in name):
        raise ValueError("Use letters, digits and @ . + - _ only.")
    if not _is_letter_or_digit(name[0]):
        raise ValueError("Begin with a letter or a digit.")
    return name


def caseless(text: str) -> str:
    """What all spellings of a text have in common: Unicode's caseless match for identifiers."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)


def key_if_possible(given: str) -> str | None:
    """The key to look *given* up by; None if nobody can have such a name."""
    try:
        return caseless(checked_username(given))
    except ValueError:
        return None


def _is_letter_or_digit(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] == "L" or category == "Nd"
