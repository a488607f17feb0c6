"""Pages show nothing by a right that was lost after the request began."""

from typing import Any

import pytest

from models.account import MergedUser
from models.roles import Role
from models.user import User
from tests.pages.browser import Browser
from tests.people import Person


def demote(person: Person, by: Person) -> None:
    User.get_by_id(person.id).merge_fields(MergedUser(role=Role.USER), by=by.as_actor())


def test_a_form_refused_after_a_demotion_shows_nothing_for_admins(
    carols: Browser, carol: Person, root: Person, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.get_by_id(alice.id).merge_fields(MergedUser(email="alice@example.com"), by=root.as_actor())
    page, change = carols.get(f"/admin/users/{alice.id}"), User.replace_fields
    assert "alice@example.com" in page.text
    User.get_by_id(alice.id).merge_fields(MergedUser(data={"town": "Ghent"}), by=root.as_actor())

    def demoted_meanwhile(self: User, *args: Any, **named: Any) -> User:
        demote(carol, root)
        return change(self, *args, **named)

    monkeypatch.setattr(User, "replace_fields", demoted_meanwhile)
    refusal = carols.send(page, "Save", 403, email="new@example.com")
    assert "Ghent" not in refusal.text
    assert "alice@example.com" not in refusal.text


def test_what_an_admin_was_told_is_not_told_to_the_user_they_became(
    carols: Browser, carol: Person, root: Person, alice: Person
) -> None:
    carols.send(carols.get(f"/admin/users/{alice.id}/delete"), "Delete alice", 303)
    demote(carol, root)
    assert "alice is deleted" not in carols.get("/docs").text
