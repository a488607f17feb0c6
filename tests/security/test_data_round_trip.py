"""JSON that is accepted into `data` reads back as it was sent, on both databases."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.client import Client
from tests.length import at_length
from tests.people import Person
from tests.security.asking import ask

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["\0", "a\0b", "\ufeff", "é", "e\u0301"]
)
NUMBERS = st.integers() | st.integers(-(10**400), 10**400) | st.floats(allow_nan=False, allow_infinity=False)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=15,
)
REFUSED_NUMBERS = [
    "NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, "123456789123456.12345", "1e-400", "90071992547409.93",
]  # fmt: skip
KEPT_NUMBERS = [
    "0", "-0.0", "1.0", "1e2", "0.1", "1e-308", "1.7976931348623157e308", "9007199254740993", "18446744073709551616",
    "-9223372036854775809", "123456789012345678901234567890", "9" * 4300,
]  # fmt: skip


def alike(sent: Any, read: Any) -> bool:
    """Equal, and of one type all the way down: 1 is not 1.0, and not true."""
    return json.dumps(sent, sort_keys=True) == json.dumps(read, sort_keys=True)


@settings(
    max_examples=at_length(150, 5_000), deadline=None, database=None, print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(data=st.dictionaries(TEXT, ANYTHING, max_size=5), escaped=st.booleans())
def test_any_data_reads_back_as_it_was_sent(app: Any, alice: Person, data: dict[str, Any], escaped: bool) -> None:
    """R32"""
    body = json.dumps({"data": data}, ensure_ascii=escaped).encode()
    changed = ask(app, "PUT", "/user/alice", headers=alice.headers, body=body)
    assert changed.status == 200, changed.body
    assert alike(data, changed.json["data"])
    assert alike(data, ask(app, "GET", "/user/alice", headers=alice.headers).json["data"])
    assert alike(data, ask(app, "GET", "/", headers=alice.headers).json["data"])


@pytest.mark.parametrize("number", KEPT_NUMBERS, ids=lambda number: number[:20])
def test_a_number_reads_back_as_it_was_sent(app: Any, alice: Person, number: str) -> None:
    body = f'{{"data": {{"n": {number}}}}}'.encode()
    assert ask(app, "PUT", "/user/alice", headers=alice.headers, body=body).status == 200
    read = ask(app, "GET", "/user/alice", headers=alice.headers).body.decode()
    assert alike(json.loads(number), json.loads(read, parse_int=int)["data"]["n"])


@pytest.mark.parametrize("number", REFUSED_NUMBERS, ids=lambda number: number[:20])
def test_a_number_that_could_not_be_kept_is_refused(app: Any, alice: Person, number: str) -> None:
    """R32"""
    body = f'{{"data": {{"n": {number}}}}}'.encode()
    for method in ("PUT", "PATCH"):
        refusal = ask(app, method, "/user/alice", headers=alice.headers, body=body)
        assert refusal.status == 400
    assert ask(app, "GET", "/user/alice", headers=alice.headers).json["data"] == {}


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ('{"price": 123456789123456.12345}', "data.price"),
        ('{"a": [1.5, {"b": [[], 1e-400]}]}', "data.a[1].b[1]"),
        ('{"a": 1e400}', "data.a"),
        ('{"%s": 1e-400}' % ("k" * 5000), f"data.{'k' * 95}"),
    ],
    ids=["digits", "too small", "too large", "long name"],
)
def test_a_refused_number_is_named_by_its_place(api: Client, alice: Person, data: str, place: str) -> None:
    account = f'{{"username": "dave", "password": "a rather long one", "data": {data}}}'
    for method, path, body in [
        ("POST", "/user", account),
        *((method, path, f'{{"data": {data}}}') for method in ("PUT", "PATCH") for path in ("/user/alice", "/users/1")),
    ]:
        refusal = api.request(
            path, method=method, headers=alice.headers, body=body.encode(), content_type="application/json", status=400
        )
        said = f"Send {place} as text; as a number it can't be kept exactly."
        assert refusal.json["errors"] == [{"field": "data", "message": said}]


@pytest.mark.parametrize(
    ("sent", "read"), [("8.0999999999999996", "8.1"), ("1.50", "1.5"), ("1e2", "100.0"), ("1E400", None)]
)
def test_a_number_comes_back_as_the_shortest_text_of_its_double(
    app: Any, alice: Person, sent: str, read: str | None
) -> None:
    answer = ask(app, "PUT", "/user/alice", headers=alice.headers, body=f'{{"data":{{"n":{sent}}}}}'.encode())
    assert answer.status == (200 if read else 400)
    assert read is None or f'"data":{{"n":{read}}}'.encode() in answer.body


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_python_takes_for_equal_is_a_change_all_the_same(api: Client, alice: Person, method: str) -> None:
    for text in ('{"a":1,"b":2}', '{"a":true,"b":2}', '{"a":1.0,"b":2}', '{"a":-0.0,"b":2}', '{"a":0.0,"b":2}'):
        api.request(
            f"/users/{alice.id}", method=method, headers=alice.headers, body=f'{{"data":{text}}}'.encode(),
            content_type="application/json", status=200,
        )  # fmt: skip
        assert f'"data":{text}' in api.get("/user/alice", headers=alice.headers).text
    api.put_json("/user/alice", {"data": {"b": 2, "a": 0.0}}, headers=alice.headers, status=200)
    assert '"data":{"b":2,"a":0.0}' in api.get("/user/alice", headers=alice.headers).text


def test_keys_keep_their_order(api: Client, alice: Person) -> None:
    data = {"b": 1, "a": {"z": 1, "y": 2}, "": 3}
    api.put_json("/user/alice", {"data": data}, headers=alice.headers)
    assert list(api.get("/user/alice", headers=alice.headers).json["data"]) == ["b", "a", ""]


@pytest.mark.parametrize("levels, status", [(31, 200), (32, 200), (33, 400), (500, 400)])
def test_data_may_be_thirty_two_levels_deep(app: Any, alice: Person, levels: int, status: int) -> None:
    body = b'{"data":' + b'{"a":' * levels + b"1" + b"}" * (levels + 1)
    for method in ("PUT", "PATCH"):
        assert ask(app, method, "/user/alice", headers=alice.headers, body=body).status == status


def test_patches_that_add_up_can_not_pass_the_limits(app: Any, alice: Person) -> None:
    for half in range(4):
        body = json.dumps({"data": {str(half): "x" * 30_000}}).encode()
        answer = ask(app, "PATCH", "/user/alice", headers=alice.headers, body=body)
        assert answer.status == (200 if half < 2 else 400)
        assert answer.status == 200 or "data" in answer.faults
