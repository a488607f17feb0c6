"""What a client may send in a head or a field is read in time that grows with its length and no faster."""

from typing import Any

import pytest

from models.defect_document import comment_key
from models.task import Task
from tests.client import Client
from tests.cost import quickly
from tests.people import Person
from tests.security.asking import ask
from tests.security.cookies import cookie

# Twice what a head may have.
LARGE = 64 * 1024

pytestmark = pytest.mark.usefixtures("stores")


@pytest.mark.parametrize("escape", ["\\a", "\\134", '\\"'])
@pytest.mark.parametrize("path", ["/users", "/admin", "/"])
def test_a_cookie(app: Any, path: str, escape: str) -> None:
    quoted = f'"{escape * (LARGE // len(escape))}"'
    with quickly(1):  # unquoted as Falcon does it, 7 s before Python 3.11.10
        ask(app, "GET", path, headers=cookie(quoted))


@pytest.mark.parametrize("given", ['text/html;a="' + ";" * LARGE, 'text/html;"' + ";" * LARGE, "a/b," * (LARGE // 4)])
def test_the_media_types_that_are_accepted(app: Any, given: str) -> None:
    with quickly(0.2):  # 2 s as Falcon does it
        ask(app, "GET", "/problems/not-found", headers={"Accept": given})


@pytest.mark.parametrize("given", ['"' * LARGE, 'a="' + "\\a" * (LARGE // 2), "," * LARGE, 'a"b",' * (LARGE // 5)])
def test_preferences_and_versions(app: Any, alice: Person, given: str) -> None:
    for name, path in (("Prefer", "/tasks"), ("If-None-Match", "/user/alice"), ("If-Match", "/user/alice")):
        method = "POST" if name == "Prefer" else "PATCH"
        headers = alice.headers | {name: given}
        with quickly(0.5):
            ask(app, method, path, headers=headers, body=b'{"type": "delay", "seconds": 9}')


@pytest.mark.parametrize("marks", ["\u0301\u0316", "\u0f73", "\u0344\u0316"])
def test_the_combining_marks_of_a_comment(api: Client, alice: Person, marks: str) -> None:
    comment = "a" + marks * (9_998 // len(marks))
    with quickly(0.5):  # 1 to 4 s where Python sorts long rows of them
        for _ in range(20):
            comment_key(comment)
    made = api.post_json("/api/defects", {"comment": comment}, headers=alice.headers, status=201)
    assert made.json["comment"] == comment


def test_a_comment_with_some_combining_marks_is_found_still(api: Client, alice: Person) -> None:
    comment = "cafe" + "\u0301" * 25
    made = api.post_json("/api/defects", {"comment": comment}, headers=alice.headers, status=201).json
    found = api.get("/api/defects", {"q": comment.upper()}, headers=alice.headers, status=200).json
    assert found["items"] == [made]


@pytest.mark.parametrize(
    "values", [b"9" * 4300, b"1." + b"7" * 700 + b"e-300", b"[]", b"{}"], ids=["1", "1.0", "[]", "{}"]
)
@pytest.mark.parametrize("field", ["data", "unknown"])
def test_a_large_value_that_is_refused(app: Any, alice: Person, field: str, values: bytes) -> None:
    row = b",".join([values] * (900_000 // (len(values) + 1)))
    document = b'{"%s": {"a": [%s]}}' % (field.encode(), row)
    with quickly(0.03):  # 0.08 s and more where all of it is decoded
        answer = ask(app, "PATCH", "/user/alice", headers=alice.headers, body=document)
    assert [each["field"] for each in answer.json["errors"]] == [field]


def test_a_large_text_is_taken_however_it_is_written(api: Client, root: Person) -> None:
    escaped = "".join(f"\\u{ord(char):04x}" for char in "/*é*/" * 30_000)
    task = f'{{"type": "javascript", "code": "{escaped}7"}}'.encode()
    headers = root.headers | {"Content-Type": "application/json"}
    made = api.post("/tasks", task, headers=headers, status=202)
    assert Task.get(Task.id == made.json["id"]).params == {"code": "/*é*/" * 30_000 + "7"}


def test_data_of_64_kib_is_taken_with_every_character_escaped(api: Client, alice: Person) -> None:
    text = "a" * (64 * 1024 - 20)
    escaped = text.replace("a", "\\u0061")
    data = f'{{"data": {{"a": "{escaped}"}}}}'
    headers = alice.headers | {"Content-Type": "application/json"}
    assert api.patch("/user/alice", data.encode(), headers=headers, status=200).json["data"] == {"a": text}
