"""What people may say of themselves, and how it is merged."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.account import MergedProfile, checked_merge
from models.errors import Invalid
from models.profile import checked_data, checked_email, merged

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=3), child, max_size=3),
    max_leaves=8,
)

# All of RFC 7396, appendix A: original, patch, result.
APPENDIX = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


def nested(levels: int, kind: type[Any] = dict) -> dict[str, Any]:
    """An object with so many levels of containers, itself the first."""
    inner: Any = "bottom"
    for _ in range(levels - 1):
        inner = {"a": inner} if kind is dict else [inner]
    return {"a": inner}


@pytest.mark.parametrize(("original", "patch", "result"), APPENDIX)
def test_merging_gives_what_the_rfc_gives(original: Any, patch: Any, result: Any) -> None:
    before = msgspec.json.encode(original)
    assert merged(original, patch) == result
    assert msgspec.json.encode(original) == before


@given(JSON, JSON)
def test_merging_twice_is_merging_once(original: Any, patch: Any) -> None:
    once = merged(original, patch)
    assert merged(once, patch) == once


@pytest.mark.parametrize(
    "address", [None, "alice@example.com", "a@b", "élodie@exämple.fr", "o'b+c_d.e@f-g.co.uk", "a@" + "b" * 252]
)
def test_an_address_is_kept_as_it_was_given(address: str | None) -> None:
    assert checked_email(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "alice",
        "alice@",
        "@example.com",
        "a b@example.com",
        "a@example.com\n",
        "a@exam\r\nBcc: b@c",
        "a@\x00",
        "a\u202e@b",
        "a\u00a0@b",
        "a@" + "b" * 253,
        *("a@b.c,d@e.f", "a@b;c@d", "<a@b.c>", "A <a@b.c>", '"a@b"@c', "a@b@c", "a@[127.0.0.1]", "a:b@c", "a\\b@c"),
        *("a..b@c", ".a@b", "a.@b", "a@b..c", "a@.b", "a@b.", "a@-b.c", "a@b-.c"),
    ],
)
def test_what_no_mail_could_reach_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        checked_email(address)


@pytest.mark.parametrize("data", [{}, {"a": None}, {"": {"\x00": "😀"}}, {"a" * 1000: [1, 2.5, True]}])
def test_data_is_any_object(data: dict[str, Any]) -> None:
    assert checked_data(data) == data


def test_data_has_64_kib_at_most_as_json() -> None:
    fits = {"a": "x" * (64 * 1024 - len('{"a":""}'))}
    assert checked_data(fits) == fits
    with pytest.raises(ValueError, match="64 KiB"):
        checked_data({"a": fits["a"] + "x"})
    with pytest.raises(ValueError, match="64 KiB"):
        checked_data({"a": "é" * 33_000})


@pytest.mark.parametrize("kind", [dict, list])
def test_data_has_32_levels_at_most(kind: type[Any]) -> None:
    assert checked_data(nested(32, kind)) == nested(32, kind)
    for levels in (33, 5000):
        with pytest.raises(ValueError, match="32 levels"):
            checked_data(nested(levels, kind))


@pytest.mark.parametrize(
    ("data", "patch"), [({"a": "x" * 40_000}, {"b": "x" * 40_000}), (nested(32), {"b": nested(32)})]
)
def test_a_merge_may_not_make_more_than_is_kept(data: dict[str, Any], patch: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as caught:
        checked_merge(data, patch)
    assert list(caught.value.fields) == ["data"]


def test_a_patch_is_checked_as_data_is() -> None:
    with pytest.raises(Invalid) as caught:
        MergedProfile(data=nested(33), email="nobody")
    assert set(caught.value.fields) == {"data", "email"}
