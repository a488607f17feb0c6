"""Restoring: the backup's rows come back, and nothing of the time that is lost counts, whatever Redis holds."""

import fcntl
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from models.account import Credentials, MergedUser, NewAccount
from models.copies import CopyFault, back_up, part_from_lost_time, restore
from models.defect import Defect
from models.defect_document import NewDefect
from models.errors import WrongCredentials
from models.login import proven_user
from models.stores import database, drop_connection, opened
from models.user import User
from tests.marks import on_postgres, on_sqlite
from tests.people import HOME, Person, is_valid

ROOT = Path(__file__).resolve().parents[2]
NEW = "a fresh and long one"


def place() -> Path:
    return Path(opened.settings.sqlite_path)


def set_aside() -> list[Path]:
    return sorted(place().parent.glob(f"{place().name}.replaced-*"))


@pytest.fixture(autouse=True)
def tidy(app: Any) -> Iterator[None]:
    """Leave nothing beside the database that all tests share."""
    yield
    if opened.settings.on_sqlite:
        for file in set_aside():
            file.unlink()


@pytest.fixture
def file(stores: None, tmp_path: Path) -> Path:
    """Where the backup of a test goes."""
    return tmp_path / "backup.db"


def bring_back(file: Path) -> None:
    """Restore, as while the service is stopped."""
    drop_connection()
    restore(file)


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


@on_sqlite
def test_it_comes_back_as_it_was_and_what_was_there_is_kept(alice: Person, file: Path) -> None:
    back_up(file)
    User.sign_up(NewAccount(username="bob", password=NEW))
    drop_connection()
    aside = restore(file)
    assert [user.username for user in User.select()] == ["alice"]
    assert database.execute_sql("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert place().stat().st_mode & 0o777 == 0o600
    assert aside is not None
    with closing(sqlite3.connect(aside)) as before:
        assert before.execute("SELECT username FROM users").fetchall() == [("alice",), ("bob",)]


@on_sqlite
def test_what_a_crash_left_beside_the_database_is_not_taken_for_the_backups(alice: Person, file: Path) -> None:
    back_up(file)
    User.sign_up(NewAccount(username="bob", password=NEW))
    beside = Path(f"{place()}-wal")
    journal = beside.read_bytes()
    drop_connection()
    assert journal
    assert not beside.exists()
    place().unlink()  # as somebody does who makes room for the backup by hand
    beside.write_bytes(journal)
    restore(file)
    assert [user.username for user in User.select()] == ["alice"]
    assert [each.read_bytes() for each in set_aside()] == [journal]


@on_sqlite
def test_a_damaged_database_is_replaced(alice: Person, file: Path) -> None:
    back_up(file)
    drop_connection()
    place().write_bytes(b"\xff" * 200_000)
    bring_back(file)
    assert [user.username for user in User.select()] == ["alice"]


@on_sqlite
def test_a_database_that_somebody_has_open_is_left_alone(alice: Person, file: Path) -> None:
    back_up(file)
    with pytest.raises(CopyFault, match="is in use; stop the service first"):
        restore(file)
    assert set_aside() == []
    assert is_valid(alice.token)


def of_a_newer_release(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_wonders', '2030-01-01')")


def somebody_elses(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE users (id INTEGER)")


def damaged(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def no_database(file: Path) -> None:
    file.write_text("Dear diary")


def gone(file: Path) -> None:
    file.unlink()


@on_sqlite
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (of_a_newer_release, "of a newer release"),
        (somebody_elses, "no database of Aerie's"),
        (damaged, "malformed|damaged"),
        (no_database, "not a database"),
        (gone, "There is no file"),
    ],
)
def test_a_file_that_is_no_sound_backup_changes_nothing(
    alice: Person, file: Path, spoil: Callable[[Path], None], why: str
) -> None:
    back_up(file)
    spoil(file)
    drop_connection()
    before = sorted(place().parent.iterdir())
    with pytest.raises(CopyFault, match=why):
        restore(file)
    assert sorted(place().parent.iterdir()) == before
    assert is_valid(alice.token)


@on_sqlite
def test_nothing_is_restored_under_a_server_that_runs(alice: Person, file: Path, tmp_path: Path) -> None:
    back_up(file)
    lock = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    ran = subprocess.run(
        [sys.executable, "manage.py", "restore", str(file)],
        cwd=ROOT,
        env={"DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(lock)
    assert ran.returncode == 1
    assert ran.stderr == f"aerie: DATA_DIR {tmp_path} is in use by another server; stop it first.\n"
    assert not (tmp_path / "aerie.db").exists()


@on_postgres
def test_on_postgres_it_names_what_does_this_there(stores: None, file: Path) -> None:
    with pytest.raises(CopyFault, match="pg_restore"):
        restore(file)
