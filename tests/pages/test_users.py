"""Users, found, made and changed on pages."""

import json
from typing import Any

import pytest

from models.account import MergedUser
from tests.pages.browser import SITE, Browser, typed
from tests.pages.reading import column, facts, faults, ids, refusal, told
from tests.people import Person, bearer, is_valid
from tests.security.rows import rows

DAVE = {"username": "dave", "password": "a long password of dave", "role": "user", "email": "", "data": ""}
NEW, LIST = "/admin/users/new", "/admin/users"


def filter_users(browser: Browser, **asked: str) -> list[str]:
    return column(browser.send(browser.get(LIST), "Filter", 200, **asked), "Username")


def test_an_admin_makes_an_account(roots: Browser) -> None:
    data = '{"team": "blue"}'
    page = roots.do(roots.get(NEW), "Make the account", **DAVE | {"email": "dave@example.com", "data": data})
    made = rows("users")[-1]
    assert page.request.path == f"/admin/users/{made['id']}"
    assert told(page) == "dave has an account now."
    assert (made["username"], made["role"], made["email"], json.loads(made["data"])) == (
        "dave", "user", "dave@example.com", {"team": "blue"},
    )  # fmt: skip
    assert told(roots.get(page.request.path)) is None, "it is told once"
    found = facts(page)
    assert (found["Role"], found["E-mail"], found["Deleted"]) == ("user", "dave@example.com", "–")


def test_what_is_left_empty_is_not_there(roots: Browser) -> None:
    roots.do(roots.get(NEW), "Make the account", **DAVE | {"role": "admin"})
    made = rows("users")[-1]
    assert (made["email"], made["data"], made["role"]) == (None, "{}", "admin")


def test_a_form_that_is_sent_twice_makes_one_account(roots: Browser) -> None:
    form = roots.get(NEW)
    pages = [roots.do(form, "Make the account", **DAVE) for _ in range(2)]
    assert pages[0].request.path == pages[1].request.path
    assert [row["username"] for row in rows("users")] == ["root", "dave"]


def test_a_form_that_is_changed_and_sent_again_makes_another(roots: Browser) -> None:
    form = roots.get(NEW)
    for name in ("dave", "erin"):
        roots.do(form, "Make the account", **DAVE | {"username": name})
    assert [row["username"] for row in rows("users")] == ["root", "dave", "erin"]


def test_a_form_that_was_refused_can_be_put_right(roots: Browser) -> None:
    refused = roots.send(roots.get(NEW), "Make the account", 400, **DAVE | {"email": "nowhere"})
    assert told(roots.do(refused, "Make the account", **DAVE))


@pytest.mark.parametrize(
    ("field", "text", "fault"),
    [
        ("username", "", "Use 1 to 150 characters."),
        ("username", "<script>", "Use letters, digits and @ . + - _ only."),
        ("password", "short", "Use 8 to 128 characters."),
        ("password", "password", "this is one of the most common passwords."),
        ("email", "nowhere", "Give an address like alice@example.com"),
        ("data", "[1]", "Give a JSON object, like"),
        ("data", "{", "Send well-formed JSON in UTF-8"),
        ("data", "null", "Give a JSON object, like"),
        ("data", '{"a":' * 40 + "1" + "}" * 40, "Nest it 32 levels deep at most."),
        ("data", "[" * 100_000, "JSON"),
        ("data", '{"n": 1e-400}', "Send data.n as text"),
    ],
)
def test_a_fault_is_said_beside_its_field_and_the_rest_is_kept(
    roots: Browser, field: str, text: str, fault: str
) -> None:
    given = DAVE | {"role": "admin", "email": "dave@example.com", "data": '{\n"a":  1}'} | {field: text}
    page = roots.send(roots.get(NEW), "Make the account", 400, **given)
    assert (set(faults(page)), len(rows("users"))) == ({field}, 1)
    assert fault in faults(page)[field]
    assert refusal(page).startswith("Correct what is marked, and send it again.")
    assert typed(page, "Make the account") == given | {"password": ""}
    assert DAVE["password"] not in page.text


def test_every_fault_is_said_at_once(roots: Browser) -> None:
    given = {"username": "-", "password": "x", "email": "x", "data": "x"}
    page = roots.send(roots.get(NEW), "Make the account", 400, **given)
    assert faults(page).keys() == given.keys()


def test_a_role_that_there_is_not_is_refused_though_no_page_offers_it(roots: Browser) -> None:
    given = DAVE | {"role": "owner", "csrf_token": roots.csrf_token}
    page = roots.post(NEW, given, headers={"Origin": SITE}, status=400)
    assert faults(page) == {"role": "Give user or admin."}


def test_a_name_that_is_taken_is_said_beside_it(roots: Browser, alice: Person) -> None:
    page = roots.send(roots.get(NEW), "Make the account", 409, **DAVE | {"username": "ALICE"})
    assert faults(page) == {"username": "Choose another username; this one is taken, whatever its letters' case."}
    assert typed(page, "Make the account")["username"] == "ALICE"


def test_the_list_has_filters(roots: Browser, alice: Person, bob: Person, root: Person) -> None:
    bob.user.deactivate(by=root.as_actor())
    alice.user.merge_fields(MergedUser(email="findme@example.com"), by=root.as_actor())
    assert filter_users(roots) == ["root", "alice"]
    assert (
        filter_users(roots, q="FINDME") == filter_users(roots, q="lic") == filter_users(roots, role="user") == ["alice"]
    )
    assert filter_users(roots, role="admin") == ["root"]
    assert filter_users(roots, deleted="include") == ["root", "alice", "bob"]
    assert filter_users(roots, deleted="only") == ["bob"]
    assert filter_users(roots, deleted="only", role="admin") == []
    page = roots.send(roots.get(LIST), "Filter", 200, q="lic", role="user", deleted="include")
    assert typed(page, "Filter") == {"q": "lic", "role": "user", "deleted": "include"}
    assert "No user fits these filters." in roots.get(f"{LIST}?q=nobody").text


@pytest.mark.parametrize("query", ["role=owner", "deleted=x", f"q={'x' * 255}", "limit=0", "cursor=x", "nonsense=1",
                                   "q=a&q=b", "role=user&role=admin", "q=%FF", "q=%00"])  # fmt: skip
def test_a_filter_that_is_wrong_is_marked_and_nothing_is_listed(roots: Browser, query: str) -> None:
    page = roots.get(f"{LIST}?{query}", status=400)
    name = query.partition("=")[0]
    assert f"{name}: " in refusal(page)
    assert name in ("limit", "cursor", "nonsense") or faults(page).keys() == {name}
    assert ids(page) == [] and "No user fits" not in page.text
    assert roots.send(page, "Filter", 200, q="", role="", deleted="")


def test_the_new_account_works(roots: Browser, app: Any) -> None:
    roots.do(roots.get(NEW), "Make the account", **DAVE)
    other = Browser(app)
    other.send(other.get("/admin/login"), "Log in", 303, username="dave", password=DAVE["password"])
    token = other.cookies["session"]
    assert is_valid(token) and other.get("/users", headers=bearer(token), status=200)
