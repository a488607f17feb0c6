"""Log-in takes a name and a password in three forms."""

from base64 import b64encode
from typing import Any

import pytest

from tests.client import Client
from tests.people import Person

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def basic(text: str, encoding: str = "utf-8") -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(text.encode(encoding)).decode()}"}


def faults(answer: Any) -> set[str]:
    return {fault["field"] for fault in answer.json.get("errors", [])}


def test_credentials_come_as_json(api: Client, alice: Person) -> None:
    api.post_json("/auth", {"username": "alice", "password": alice.password}, status=201)


def test_credentials_come_as_a_form(api: Client, alice: Person) -> None:
    api.post("/auth", {"username": "alice", "password": alice.password}, status=201)


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_credentials_come_as_http_basic(api: Client, alice: Person, scheme: str) -> None:
    header = basic(f"alice:{alice.password}")["Authorization"].replace("Basic", scheme)
    api.post("/auth", headers={"Authorization": header}, status=201)


def test_the_header_wins_over_the_body(api: Client, alice: Person, bob: Person) -> None:
    wrong = {"username": "bob", "password": "a wrong password"}
    token = api.post_json("/auth", wrong, headers=basic(f"alice:{alice.password}"), status=201).json["token"]
    assert api.get("/", headers={"Authorization": f"Bearer {token}"}).json["username"] == "alice"


@pytest.mark.parametrize("password", ["with:colons:inside", "ünïcödé 😀", "plus + and % and &=", " spaces around "])
def test_a_password_means_the_same_in_all_three(api: Client, password: str) -> None:
    api.post_json("/user", {"username": "dave", "password": password}, status=201)
    api.post_json("/auth", {"username": "dave", "password": password}, status=201)
    api.post("/auth", headers=basic(f"dave:{password}"), status=201)
    api.post("/auth", {"username": "dave", "password": password.encode()}, status=201)


@pytest.mark.parametrize(
    "header",
    ["Basic", "Basic ", "Basic ???", "Basic YWxpY2U", "Basic YWxpY2U=", "Basic é", f"Basic {'x' * 5000}"],
)
def test_a_malformed_basic_header_is_400(api: Client, header: str) -> None:
    answer = api.post("/auth", headers={"Authorization": header}, status=400)
    assert answer.json["type"] == "/problems/malformed-body"


def test_a_basic_header_that_is_no_utf_8_is_400(api: Client) -> None:
    api.post("/auth", headers=basic("élodie:password", "latin-1"), status=400)


@pytest.mark.parametrize("written", ["{}&", "{}&&", "&{}", "&&{}&&"])
def test_empty_parts_of_a_form_are_ignored(api: Client, alice: Person, written: str) -> None:
    form = written.format("username=alice&password=alice's+long+password")
    api.post("/auth", form.encode(), headers=FORM, status=201)


def test_json_that_says_it_is_a_form_is_not_quoted(api: Client) -> None:
    refusal = api.post("/auth", b'{"username": "alice", "password": "the secret"}', headers=FORM, status=400)
    assert refusal.json["type"] == "/problems/malformed-body"
    assert "secret" not in refusal.text


@pytest.mark.parametrize(
    "form", [b"username", b"username=a&password=%ff", b"\xff=a", b"&".join([b"username=a"] * 11), b"=&;"]
)
def test_a_malformed_form_is_400(api: Client, form: bytes) -> None:
    api.post("/auth", form, headers=FORM, status=400)


@pytest.mark.parametrize(
    ("form", "named"),
    [
        (b"", {"username", "password"}),
        (b"username=alice", {"password"}),
        (b"username=alice&username=bob&password=x", {"username"}),
        (b"username=alice&password=x&role=admin", {"role"}),
        (b"user=alice&pass=x", {"username", "password", "user", "pass"}),
    ],
)
def test_every_field_of_a_form_at_fault_is_named(api: Client, form: bytes, named: set[str]) -> None:
    assert faults(api.post("/auth", form, headers=FORM, status=400)) == named


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({}, {"username", "password"}),
        ({"username": "alice"}, {"password"}),
        ({"username": 1, "password": None}, {"username", "password"}),
        ({"username": "alice", "password": "x", "otp": "1"}, {"otp"}),
    ],
)
def test_every_field_of_json_at_fault_is_named(api: Client, document: dict[str, Any], named: set[str]) -> None:
    assert faults(api.post_json("/auth", document, status=400)) == named


def test_no_credentials_at_all_name_both_fields(app: Any, api: Client) -> None:
    req = api.RequestClass.blank("/auth", method="POST")
    answer = api.do_request(req)
    assert answer.status_int == 400
    assert faults(answer) == {"username", "password"}


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x"])
def test_credentials_of_another_kind_are_415(api: Client, kind: str) -> None:
    api.post("/auth", b"alice", headers={"Content-Type": kind}, status=415)


def test_a_form_that_is_too_large_is_413(api: Client) -> None:
    api.post("/auth", b"username=a&password=" + b"x" * 1024 * 1024, headers=FORM, status=413)


def test_empty_credentials_are_wrong_ones(api: Client) -> None:
    api.post_json("/auth", {"username": "", "password": ""}, status=401)
    api.post("/auth", b"username=&password=", headers=FORM, status=401)
    api.post("/auth", headers=basic(":"), status=401)


def test_a_password_in_the_address_is_not_looked_at(api: Client, alice: Person) -> None:
    api.post(f"/auth?username=alice&password={alice.password}", b"", headers=FORM, status=400)
