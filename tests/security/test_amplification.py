"""No answer is much larger than its question, and no page of a list is heavier than 4 MiB."""

import json
from itertools import chain
from typing import Any

import pytest

from hooks.media import LARGEST_BODY
from models.account import NewAccount
from models.defect import Defect
from models.fields import now
from models.profile import LARGEST_DATA
from models.task.reading import HEAVIEST_PAGE
from models.user import User
from tests.client import Client
from tests.pages.browser import ENTRANCE, SITE, Browser, typed
from tests.people import Person

JSON = {"Content-Type": "application/json"}
FORM = "application/x-www-form-urlencoded"
ACCOUNT = {"username": "dave", "password": "a rather long one"}
OTHERS = "…"


def errors(answer: Any) -> dict[str, str]:
    return {fault["field"]: fault["message"] for fault in answer.json["errors"]}


def full_of_fields(**known: Any) -> bytes:
    """A body of 1 MB with as many unknown fields as fit in it."""
    fields = {f"{number:x}": 0 for number in range(100_000)}
    body = json.dumps({**fields, **known}, separators=(",", ":")).encode()
    assert LARGEST_BODY * 0.8 < len(body) <= LARGEST_BODY
    return body


@pytest.mark.parametrize("method, path", [("POST", "/user"), ("PATCH", "/user/alice"), ("PUT", "/users/1"),
                                          ("POST", "/auth"), ("POST", "/tasks"), ("POST", "/api/defects")])  # fmt: skip
def test_a_body_full_of_unknown_fields_gets_a_short_answer(api: Client, alice: Person, method: str, path: str) -> None:
    body = full_of_fields(type="delay")
    refusal = api.request(
        path, method=method, body=body, headers=alice.headers, content_type="application/json", status=400
    )
    assert len(refusal.body) < 4_000
    assert len(errors(refusal)) == 21
    counted = int(errors(refusal)[OTHERS].split(" ")[0].replace(",", ""))
    assert 99_980 <= counted <= 99_990


def test_fields_that_we_know_are_named_before_the_others(api: Client) -> None:
    refusal = api.post("/user", full_of_fields(username="/", password="x", data=[]), headers=JSON, status=400)
    assert list(errors(refusal))[:3] == ["username", "password", "data"]


@pytest.mark.parametrize(("number", "said"), [(20, None), (21, "One more field is wrong."), (22, "2 more fields are")])
def test_twenty_faults_are_named_and_the_others_counted(api: Client, number: int, said: str | None) -> None:
    wrong = ACCOUNT | {f"field {each}": 1 for each in range(number)}
    found = errors(api.post_json("/user", wrong, status=400))
    assert list(found)[:20] == [f"field {each}" for each in range(20)]
    assert found.get(OTHERS, "").startswith(said or "")
    assert (OTHERS in found) == (said is not None)


@pytest.mark.parametrize("name", ["x" * 900_000, "\0" * 150_000, '"' * 450_000], ids=["letters", "NUL", "quotes"])
def test_a_long_name_of_a_field_is_cut(api: Client, name: str) -> None:
    refusal = api.post_json("/user", ACCOUNT | {name: 1}, status=400)
    assert list(errors(refusal)) == [f"{name[:100]}…"]
    assert len(refusal.body) < 1_500


def test_parameters_of_an_address_are_counted_too(api: Client, alice: Person) -> None:
    query = "&".join(f"{number:x}=1" for number in range(1500))
    refusal = api.get(f"/users?{query}", headers=alice.headers, status=400)
    assert len(refusal.body) < len(query)
    assert errors(refusal)[OTHERS] == "1,480 more fields are wrong."


@pytest.mark.parametrize("name", ["x" * 900_000, "&quot;" * 3 + "%22" * 250_000], ids=["letters", "quotes"])
def test_names_of_a_form_are_cut_too(app: Any, api: Client, name: str) -> None:
    form = f"username=a&password=b&{name.replace('&', '')}=1".encode()
    assert len(api.post("/auth", form, content_type=FORM, status=400).body) < 2_000
    page = Browser(app).post(ENTRANCE, form, headers={"Origin": SITE}, content_type=FORM, status=400)
    assert len(page.body) < 10_000


@pytest.mark.parametrize("form", ["username={}&password=b&role=admin", "username={}&password=b"])
def test_the_entrance_shows_no_more_of_a_name_than_a_name_can_have(app: Any, stores: None, form: str) -> None:
    page = Browser(app).post(ENTRANCE, form.format('"' * 900_000).encode(), headers={"Origin": SITE}, content_type=FORM)
    assert page.status_int in (400, 401)
    assert len(page.body) < 20_000


def pages(api: Client, person: Person, path: str) -> list[list[int]]:
    """The ids on each page of a list, none of which is too heavy."""
    found = []
    link: str | None = path
    while link is not None:
        answer = api.get(link, headers=person.headers, status=200)
        assert len(answer.body) < HEAVIEST_PAGE + 1000
        found.append([item["id"] for item in answer.json["items"]])
        link = answer.json["next"]
    return found


def test_a_list_of_heavy_accounts_comes_in_more_pages(api: Client, root: Person) -> None:
    heavy = {"a": "x" * (LARGEST_DATA - 10)}
    alike = {"password_hash": "none", "role": "user", "data": heavy, "created_at": now(), "updated_at": now()}
    names = [f"user{number}" for number in range(150)]
    User.insert_many([{"username": name, "username_key": name, **alike} for name in names]).execute()
    found = pages(api, root, "/users")
    assert [len(page) for page in found][:2] == [64, 63]
    assert list(chain(*found)) == sorted(user.id for user in User.select(User.id))
    assert api.get("/users?count=true", headers=root.headers).json["total"] == 151
    assert [len(page) for page in pages(api, root, "/users?q=user&limit=50")] == [50, 50, 50]


def test_a_list_of_heavy_defects_comes_in_more_pages(api: Client, alice: Person) -> None:
    heavy = {"comment": "\x01" * 10_000, "comment_key": "", "timestamp": now(), "user_id": alice.id}
    Defect.insert_many([heavy] * 150).execute()
    found = pages(api, alice, "/api/defects")
    assert len(found) == 3
    assert list(chain(*found)) == list(range(150, 0, -1))


def test_a_page_shows_data_that_is_short_and_deep_without_indenting_it(app: Any, root: Person) -> None:
    deep: Any = [0] * 10_000
    for _ in range(30):
        deep = [deep]
    user = User.sign_up(NewAccount(**ACCOUNT, data={"a": deep}), address="192.0.2.1")
    browser = Browser(app)
    browser.log_in(root)
    page = browser.get(f"/admin/users/{user.id}")
    assert len(page.body) < 200_000
    assert json.loads(typed(page, "Save")["data"]) == {"a": deep}
