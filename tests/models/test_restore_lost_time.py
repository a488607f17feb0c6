"""After a restore nothing of the time that is lost counts, whatever Redis holds: no session, and no id."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models.account import Credentials, MergedUser
from models.copies import back_up, part_from_lost_time, restore
from models.defect import Defect
from models.defect_document import NewDefect
from models.errors import WrongCredentials
from models.login import proven_user
from models.stores import drop_connection, opened
from models.user import User
from tests.marks import on_sqlite
from tests.people import HOME, Person, is_valid

NEW = "a fresh and long one"


@pytest.fixture
def file(stores: None, tmp_path: Path) -> Path:
    """Where the backup of a test goes."""
    return tmp_path / "backup.db"


def bring_back(file: Path) -> None:
    """Restore, as while the service is stopped."""
    drop_connection()
    aside = restore(file)
    assert aside is not None
    aside.unlink()


def sessions() -> dict[str, str]:
    """What Redis holds of sessions now."""
    return {key: opened.redis.run("GET", key) for key in opened.redis.run("KEYS", "session:*")}


def hold(kept: dict[str, str]) -> None:
    """Have Redis hold sessions once more, as one that refused to forget them, or is older."""
    for key, record in kept.items():
        opened.redis.run("SET", key, record)


def change_password(person: Person, by: Person) -> None:
    person.user.merge_fields(MergedUser(password=NEW, current_password=person.password), by=person.as_actor())


def have_password_changed(person: Person, by: Person) -> None:
    person.user.merge_fields(MergedUser(password=NEW), by=by.as_actor())


def delete(person: Person, by: Person) -> None:
    person.user.deactivate(by=by.as_actor())


def erase(person: Person, by: Person) -> None:
    person.user.erase(by=by.as_actor())


def log_out_everywhere(person: Person, by: Person) -> None:
    person.user.end_sessions(by=person.as_actor())


@on_sqlite
@pytest.mark.parametrize("revoke", [change_password, have_password_changed, delete, erase, log_out_everywhere])
def test_a_session_that_was_revoked_after_the_backup_stays_dead_though_its_row_and_redis_are_back(
    alice: Person, root: Person, file: Path, revoke: Callable[[Person, Person], None]
) -> None:
    kept = sessions()
    back_up(file)
    revoke(alice, root)
    hold(kept)
    bring_back(file)
    assert User.get_by_id(alice.id).deleted_at is None, "as it was before"
    assert not is_valid(alice.token)
    assert is_valid(alice.log_in())


@on_sqlite
def test_a_session_of_the_lost_time_stays_dead_when_its_epoch_would_come_round_again(alice: Person, file: Path) -> None:
    back_up(file)
    change_password(alice, alice)
    alice.password, first = NEW, alice.password
    lost = alice.log_in()
    bring_back(file)
    assert not is_valid(lost)
    alice.password, alice.token = first, Person(User.get_by_id(alice.id), first).token
    change_password(alice, alice)
    assert not is_valid(lost), "the new password has ended it, as all others"
    assert is_valid(alice.token), "but for the one that it was changed in"


@on_sqlite
def test_the_session_that_a_new_password_left_is_dead_too(alice: Person, file: Path) -> None:
    change_password(alice, alice)
    kept = sessions()
    back_up(file)
    opened.redis.run("FLUSHALL")
    hold(kept)
    bring_back(file)
    assert not is_valid(alice.token)


@on_sqlite
def test_what_was_revoked_before_the_backup_does_not_work(alice: Person, file: Path) -> None:
    kept, old = sessions(), alice.password
    other = alice.log_in()
    change_password(alice, alice)
    back_up(file)
    hold(kept)
    bring_back(file)
    assert not is_valid(other)
    with pytest.raises(WrongCredentials):
        proven_user(Credentials(username="alice", password=old), HOME)


@on_sqlite
def test_nobody_gets_an_id_that_was_given_out_after_the_backup(
    alice: Person, person: Callable[..., Person], file: Path
) -> None:
    back_up(file)
    bob = person("bob")
    lost = Defect.report(NewDefect(comment="It leaks."), by=bob.user)
    bring_back(file)
    dave = person("dave")
    assert dave.id > bob.id
    assert not is_valid(bob.token), "which Redis still holds"
    # The backup's table was empty.
    assert Defect.report(NewDefect(comment="It drips."), by=dave.user).id > lost.id


def test_a_database_that_others_brought_back_parts_from_lost_time_as_well(
    alice: Person, person: Callable[..., Person]
) -> None:
    change_password(alice, alice)
    assert is_valid(alice.token)
    part_from_lost_time()
    assert not is_valid(alice.token)
    assert person("bob").id > 1_000_000
    assert Defect.report(NewDefect(comment="It leaks."), by=User.get_by_id(alice.id)).id > 1_000_000
