"""Texts of the formats that are Aerie's own: what their descriptions promise to be taken."""

from unicodedata import normalize

import schemathesis
from hypothesis import strategies as st

PUNCTUATION = "@.+-_"
# All but those that show nothing.
LETTERS = st.characters(categories=["L", "Nd"], exclude_characters="\u115f\u1160\u3164\uffa0")


def register() -> None:
    """Tell schemathesis of them."""
    names = st.builds(str.__add__, LETTERS, st.text(LETTERS | st.sampled_from(PUNCTUATION), max_size=148))
    schemathesis.openapi.format("username", names.filter(_stays_a_name))
    printable = st.characters(exclude_categories=["C", "Z"]) | st.just(" ")
    schemathesis.openapi.format("printable", st.text(printable, min_size=1, max_size=254))


def _stays_a_name(name: str) -> bool:
    """Whether NFKC leaves letters letters; of some it makes a letter and a mark, and of few many letters."""
    kept = normalize("NFKC", name)
    return len(kept) <= 150 and all(char.isalpha() or char.isdecimal() or char in PUNCTUATION for char in kept)
