"""Users, changed on their pages."""

from typing import Any

from tests.pages.browser import SITE, Browser, buttons, form_with, typed
from tests.pages.reading import facts, faults, refusal, told
from tests.people import Person
from tests.security.rows import rows

ODD = {"a": {"b": [1, 1.0, 1e22, -0.5, True, None]}, "big": 2**63, "text": "é\r\n\t\u2028\x7f</textarea>"}


def user(user_id: int) -> dict[str, Any]:
    (found,) = [row for row in rows("users") if row["id"] == user_id]
    return found


def test_an_account_is_changed(roots: Browser, alice: Person) -> None:
    page = roots.get(f"/admin/users/{alice.id}")
    assert typed(page, "Save") == {"username": "alice", "role": "user", "email": "", "data": "{}"}
    page = roots.do(page, "Save", username="alicia", role="admin", email="a@b", data='{"a": 1}')
    assert (page.request.path, told(page)) == (f"/admin/users/{alice.id}", "alicia is changed.")
    now = user(alice.id)
    assert [now[name] for name in ("username", "role", "email", "data")] == ["alicia", "admin", "a@b", '{"a":1}']
    roots.do(roots.get(f"/admin/users/{alice.id}"), "Save", email="")
    assert (user(alice.id)["email"], user(alice.id)["username"]) == (None, "alicia")


def test_what_is_saved_as_it_was_shown_stays_as_it_was(roots: Browser, alice: Person, api: Any) -> None:
    api.put_json(f"/users/{alice.id}", {"data": ODD, "email": "é@b"}, headers=alice.headers, status=200)
    before, entries = user(alice.id), len(rows("audit_entry"))
    roots.do(roots.get(f"/admin/users/{alice.id}"), "Save")
    assert (user(alice.id), len(rows("audit_entry"))) == (before, entries)


def test_two_who_change_the_same_do_not_undo_each_other_unseen(roots: Browser, carols: Browser, alice: Person) -> None:
    mine, others = (somebody.get(f"/admin/users/{alice.id}") for somebody in (roots, carols))
    carols.do(others, "Save", email="carol@example.com")
    page = roots.send(mine, "Save", 412, username="alicia")
    assert refusal(page).startswith("It has changed since you opened this page.")
    assert typed(page, "Save")["username"] == "alicia"
    assert facts(page)["E-mail"] == "carol@example.com"
    assert (user(alice.id)["username"], user(alice.id)["email"]) == ("alice", "carol@example.com")
    roots.do(page, "Save")
    assert user(alice.id)["username"] == "alicia"


def test_a_page_that_is_shown_again_with_a_fault_still_knows_its_version(
    roots: Browser, carols: Browser, alice: Person
) -> None:
    page = roots.send(roots.get(f"/admin/users/{alice.id}"), "Save", 400, email="nowhere")
    assert faults(page).keys() == {"email"}
    carols.do(carols.get(f"/admin/users/{alice.id}"), "Save", email="carol@example.com")
    roots.send(page, "Save", 412, email="root@example.com")


def test_a_change_to_a_name_that_is_taken_is_refused_beside_it(roots: Browser, alice: Person, bob: Person) -> None:
    page = roots.send(roots.get(f"/admin/users/{alice.id}"), "Save", 409, username="Bob", email="a@b")
    assert faults(page).keys() == {"username"}
    assert typed(page, "Save") == {"username": "Bob", "role": "user", "email": "a@b", "data": "{}"}
    assert page.html.h1.get_text() == "alice"


def test_nobody_s_page_offers_their_own_role(roots: Browser, root: Person, carol: Person) -> None:
    page = roots.get(f"/admin/users/{root.id}")
    assert "role" not in typed(page, "Save")
    assert told(roots.do(page, "Save", email="root@example.com")) == "root is changed."
    for role in ("user", "admin"):
        forged = dict(form_with(roots.get(f"/admin/users/{root.id}"), "Save").submit_fields()) | {"role": role}
        refused = roots.post(f"/admin/users/{root.id}", forged, headers={"Origin": SITE}, status=403)
        assert "Nobody changes their own role" in refusal(refused)
    assert user(root.id)["role"] == "admin"


def test_fields_that_a_form_has_not_are_refused(roots: Browser, alice: Person) -> None:
    before = rows("users")
    for name, text in (("id", "7"), ("deleted_at", ""), ("session_epoch", "9"), ("<b>", "x"), ("updated_at", "x")):
        fields = dict(form_with(roots.get(f"/admin/users/{alice.id}"), "Save").submit_fields()) | {name: text}
        page = roots.post(f"/admin/users/{alice.id}", fields, headers={"Origin": SITE}, status=400)
        assert f"{name}: There is no such field here" in refusal(page)
    assert rows("users") == before


def test_a_field_that_comes_twice_is_refused(roots: Browser, alice: Person) -> None:
    fields = [*form_with(roots.get(f"/admin/users/{alice.id}"), "Save").submit_fields(), ("username", "alicia")]
    page = roots.post(f"/admin/users/{alice.id}", fields, headers={"Origin": SITE}, status=400)
    assert "username: Give it once." in refusal(page)


def test_a_user_who_is_not_there_is_404_for_every_deed(roots: Browser, alice: Person, root: Person) -> None:
    page = roots.get(f"/admin/users/{alice.id}")
    alice.user.erase(by=root.as_actor())
    assert roots.send(page, "Save", 404, username="alicia").html.h1.get_text() == "Not found"
    assert roots.send(page, "End all sessions", 404)


def test_buttons_are_those_of_what_can_be_done(roots: Browser, alice: Person, root: Person) -> None:
    assert buttons(roots.get(f"/admin/users/{alice.id}")) == ["Log out", "Save", "End all sessions"]
    assert buttons(roots.get(f"/admin/users/{root.id}")) == ["Log out", "Save", "End all other sessions"]
    alice.user.deactivate(by=root.as_actor())
    assert buttons(roots.get(f"/admin/users/{alice.id}")) == ["Log out", "Restore"]
