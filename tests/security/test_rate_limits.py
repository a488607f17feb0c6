"""Sign-ups are limited per network, and changes of a password per person."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from models.defect import Defect
from models.stores import opened
from models.throttle import PASSWORD_CHANGES_PER_HOUR
from tests.changed_settings import changed_settings
from tests.faults import redis_away
from tests.people import Person
from tests.security.asking import Answer, ask_json
from tests.security.conftest import CheckedPasswords

HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"


@contextmanager
def limited(**limits: Any) -> Iterator[None]:
    """Set these limits for a while, with nothing counted yet."""
    opened.process_counts.reset()
    with changed_settings(**limits):
        yield


def sign_up(app: object, name: str, *, at: str = HOME, **changed: str) -> Answer:
    document = {"username": name, "password": "a rather long one", **changed}
    return ask_json(app, "POST", "/user", document, environ={"REMOTE_ADDR": at})


def change(app: object, person: Person, new: str, current: str, *, at: str = HOME) -> Answer:
    document = {"password": new, "current_password": current}
    path, headers = f"/users/{person.id}", person.headers
    return ask_json(app, "PATCH", path, document, headers=headers, environ={"REMOTE_ADDR": at})


def test_sign_ups_past_the_limit_are_429_without_hashing(app: object, stores: None, checks: CheckedPasswords) -> None:
    with limited(signups_per_hour=3):
        assert [sign_up(app, f"name{number}").status for number in range(3)] == [201] * 3
        refused = sign_up(app, "name3")
    assert refused.status == 429
    assert 0 < int(refused.headers["retry-after"]) <= 3601
    assert refused.json["type"] == "/problems/rate-limited"
    assert checks.hashed == 3


def test_taken_names_count_and_bad_input_does_not(app: object, alice: Person) -> None:
    with limited(signups_per_hour=2):
        assert [sign_up(app, "bob", password="short").status for _ in range(3)] == [400] * 3
        assert [sign_up(app, "ALICE").status for _ in range(3)] == [409, 409, 429]


def test_another_network_has_a_limit_of_its_own(app: object, stores: None) -> None:
    with limited(signups_per_hour=1):
        assert [sign_up(app, "a1", at=HOME).status, sign_up(app, "a2", at=HOME).status] == [201, 429]
        assert sign_up(app, "a3", at=ELSEWHERE).status == 201
        assert sign_up(app, "a4", at="2001:db8:1:2::1").status == 201
        assert sign_up(app, "a5", at="2001:db8:1:2:ffff::2").status == 429


def test_0_is_no_limit(app: object, stores: None) -> None:
    with limited(signups_per_hour=0), redis_away():
        assert [sign_up(app, f"name{number}").status for number in range(3)] == [201] * 3


def test_sign_ups_that_can_not_be_counted_are_refused(app: object, stores: None, checks: CheckedPasswords) -> None:
    with limited(signups_per_hour=60), redis_away():
        refused = sign_up(app, "bob")
    assert (refused.status, "retry-after" in refused.headers, checks.hashed) == (503, True, 0)


def test_a_person_changes_their_password_ten_times_an_hour(
    app: object, alice: Person, root: Person, checks: CheckedPasswords
) -> None:
    passwords = [alice.password, *(f"password number {number}" for number in range(PASSWORD_CHANGES_PER_HOUR + 1))]
    answers = [
        change(app, alice, new, current, at=f"192.0.2.{number}")
        for number, (current, new) in enumerate(pairwise(passwords))
    ]
    assert [answer.status for answer in answers] == [200] * PASSWORD_CHANGES_PER_HOUR + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    before = checks.count
    assert change(app, alice, "yet another one", passwords[-2]).status == 429
    assert checks.count == before
    reset = ask_json(app, "PATCH", f"/users/{alice.id}", {"password": "set by root!"}, headers=root.headers)
    assert reset.status == 200, "an admin's reset is not counted"


def test_a_refused_change_does_not_count(app: object, alice: Person) -> None:
    for number in range(PASSWORD_CHANGES_PER_HOUR + 1):
        assert change(app, alice, "another long one", "a guess", at=f"192.0.2.{number}").status == 403
    assert change(app, alice, "another long one", alice.password).status == 200


def test_a_change_of_an_old_version_does_not_count_and_hashes_nothing(
    app: object, alice: Person, checks: CheckedPasswords
) -> None:
    body, path = {"password": "another long one", "current_password": alice.password}, f"/users/{alice.id}"
    before = checks.hashed
    for _ in range(PASSWORD_CHANGES_PER_HOUR + 1):
        stale = ask_json(app, "PATCH", path, body, headers=alice.headers | {"If-Match": '"an-old-one"'})
        assert stale.status == 412
    assert checks.hashed == before
    assert ask_json(app, "PATCH", path, body, headers=alice.headers).status == 200


def test_a_user_reports_as_many_defects_in_an_hour_as_one_may(app: object, alice: Person, bob: Person) -> None:
    def report(person: Person, **headers: str) -> Answer:
        return ask_json(app, "POST", "/api/defects", {"comment": "It rattles."}, headers=person.headers | headers)

    with limited(defects_per_hour=3):
        assert [report(alice).status for _ in range(2)] == [201] * 2
        assert [report(alice, **{"Idempotency-Key": "one"}).status for _ in range(3)] == [201] * 3
        refused = report(alice)
        assert (refused.status, refused.json["type"]) == (429, "/problems/rate-limited")
        assert 0 < int(refused.headers["retry-after"]) <= 3601
        assert report(bob).status == 201
    assert Defect.select().where(Defect.user_id == alice.id).count() == 3
    with limited(defects_per_hour=0):
        assert report(alice).status == 201
