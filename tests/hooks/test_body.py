"""Bodies: read to a limit, decoded strictly, every field at fault named."""

import io
from typing import Any

import pytest
from falcon import Request
from falcon.testing import create_environ

from hooks.media import LARGEST_BODY, Malformed, TooLarge, TooSlow, read_body
from tests.client import Client
from tests.people import Person

GOOD = {"username": "alice", "password": "a rather long one"}
JSON = {"Content-Type": "application/json"}


def faults(answer: Any) -> dict[str, str]:
    return {fault["field"]: fault["message"] for fault in answer.json["errors"]}


def request(stream: Any, **environ: str) -> Request:
    asked = create_environ(method="POST", path="/user") | {"wsgi.input": stream} | environ
    return Request({name: value for name, value in asked.items() if value is not None})


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b'{"username": "alice",}',
        b"[]",
        b"null",
        b'"text"',
        b"7",
        b"nonsense",
        b"{} {}",
        b'{"username": NaN}',
        b'{"data": {"a": Infinity}}',
        b'{"username": "\xff"}',
        b'{"username": "\\ud800"}',
        b'{"data": {"a": "\\udc00"}}',
        b"\xff\xfe{\x00}\x00",
        b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"[" * 100_000,
        b'{"data": {"a": 1e999}}',
        b'{"a":' * 50_000,
    ],
    ids=range(19),
)
def test_a_body_that_is_no_json_object_is_400(api: Client, raw: bytes) -> None:
    answer = api.post("/user", raw, headers=JSON, status=400)
    assert answer.json["detail"].endswith(".")


def test_a_malformed_body_says_where(api: Client) -> None:
    answer = api.post("/user", b'{"username": }', headers=JSON, status=400)
    assert answer.json["type"] == "/problems/malformed-body"
    assert "13" in answer.json["detail"]
    assert "errors" not in answer.json


def test_every_field_at_fault_is_named(api: Client) -> None:
    wrong = {"username": "a/b", "password": 7, "email": "nobody", "data": [], "role": "admin", "is_admin": True}
    named = faults(api.post_json("/user", wrong, status=400))
    assert set(named) == set(wrong)
    assert all(message.endswith(".") for message in named.values())


def test_fields_whose_type_is_right_are_named_together_too(api: Client) -> None:
    wrong = {"username": "", "password": "short", "email": "nobody", "data": {"a": "x" * 70_000}}
    assert set(faults(api.post_json("/user", wrong, status=400))) == set(wrong)


def test_fields_that_are_missing_are_named(api: Client) -> None:
    named = faults(api.post_json("/user", {}, status=400))
    assert named == dict.fromkeys(("username", "password"), "This field is required.")


@pytest.mark.parametrize("earlier", ["7", "null", '"a/b"', '"mallory"'])
def test_of_a_field_that_is_given_twice_the_last_counts(api: Client, earlier: str) -> None:
    raw = f'{{"username": {earlier}, "username": "alice", "password": "a rather long one"}}'
    assert api.post("/user", raw.encode(), headers=JSON, status=201).json["username"] == "alice"


@pytest.mark.parametrize("name", ["nickname", "id", "created_at", "", "__class__"])
def test_an_unknown_profile_field_says_put_it_under_data(api: Client, alice: Person, name: str) -> None:
    asked: list[tuple[Any, str, dict[str, Any]]] = [
        (api.post_json, "/user", {"username": "bob", "password": "a rather long one"}),
        (api.put_json, "/user/alice", {"data": {}}),
        (api.patch_json, "/user/alice", {}),
    ]
    for ask, path, fields in asked:
        named = faults(ask(path, fields | {name: "x"}, headers=alice.headers, status=400))
        assert list(named) == [name]
        assert "under data" in named[name]


@pytest.mark.parametrize("value", [None, 7, True, [], {}])
def test_a_field_of_another_type_is_400(api: Client, value: Any) -> None:
    for name in GOOD:
        assert list(faults(api.post_json("/user", GOOD | {name: value}, status=400))) == [name]


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/merge-patch+json"]
)
def test_json_of_every_kind_is_taken(api: Client, alice: Person, kind: str) -> None:
    api.patch("/user/alice", b'{"data": {"a": 1}}', headers=alice.headers | {"Content-Type": kind}, status=200)


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "json",
        "application/xml",
    ],
)
def test_what_says_that_it_is_something_else_is_415(api: Client, kind: str) -> None:
    answer = api.post("/user", b'{"username": "alice"}', headers={"Content-Type": kind}, status=415)
    assert answer.json["type"] == "/problems/unsupported-media-type"


def test_a_body_that_does_not_say_what_it_is_is_415(app: Any, api: Client) -> None:
    req = api.RequestClass.blank("/user", method="POST", body=b'{"username": "alice"}')
    req.environ.pop("CONTENT_TYPE", None)
    assert api.do_request(req).status_int == 415


def test_a_body_of_1_mib_is_read_and_one_byte_more_is_413(api: Client, alice: Person) -> None:
    fits = b'{"data": {}}'.ljust(LARGEST_BODY)
    api.put("/user/alice", fits, headers=alice.headers | JSON, status=200)
    answer = api.put("/user/alice", fits + b" ", headers=alice.headers | JSON, status=413)
    assert answer.json["type"] == "/problems/body-too-large"


class Endless(io.RawIOBase):
    """A body without an end, that counts what was taken of it."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "read without a limit"
        self.taken += size
        return b" " * size


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    body = Endless()
    with pytest.raises(TooLarge):
        read_body(request(body, CONTENT_LENGTH=str(LARGEST_BODY + 1)))
    assert body.taken == 0


def test_a_chunked_body_is_counted_as_it_is_read() -> None:
    body = Endless()
    with pytest.raises(TooLarge):
        read_body(request(body, HTTP_TRANSFER_ENCODING="chunked"))
    assert body.taken <= LARGEST_BODY + 1


@pytest.mark.parametrize("content", [b"", b"{}", b" " * LARGEST_BODY])
def test_a_chunked_body_is_read_whole(content: bytes) -> None:
    assert read_body(request(io.BytesIO(content), HTTP_TRANSFER_ENCODING="chunked")) == content


def test_no_more_is_read_than_the_length_says() -> None:
    assert read_body(request(io.BytesIO(b"{}GET / HTTP/1.1"), CONTENT_LENGTH="2")) == b"{}"
    assert read_body(request(io.BytesIO(b"of the next request"))) == b""


def test_a_body_that_broke_off_is_malformed() -> None:
    with pytest.raises(Malformed, match="broke off"):
        read_body(request(io.BytesIO(b"{"), CONTENT_LENGTH="2"))


@pytest.mark.parametrize(("fault", "said"), [(BlockingIOError, TooSlow), (ConnectionResetError, Malformed)])
def test_a_client_that_stops_sending_is_told_so(fault: type[OSError], said: type[Exception]) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise fault

    with pytest.raises(said):
        read_body(request(Broken(), CONTENT_LENGTH="2"))
