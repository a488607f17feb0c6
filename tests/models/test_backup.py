"""Backups of SQLite: whole and sound, or not there."""

import os
import re
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from models.copies import CopyFault, back_up
from models.copies.sound import TRIGGERS
from models.defect import Defect
from models.defect_document import NewDefect
from models.stores import database, drop_connection, opened
from tests.marks import on_postgres, on_sqlite
from tests.people import Person

ROOT = Path(__file__).resolve().parents[2]


def rows(file: Path, table: str) -> list[Any]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()


def source() -> Path:
    return Path(opened.settings.sqlite_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def own_database(alice: Person, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose database is a copy that may be spoilt."""
    data_dir = tmp_path_factory.mktemp("own")
    back_up(data_dir / "aerie.db")
    return {"DATA_DIR": str(data_dir)}


def backup(environment: dict[str, str], file: Path, **options: Any) -> tuple[int, str]:
    """The exit status of the command, and what it says."""
    ran = subprocess.run(
        [sys.executable, "manage.py", "backup", str(file)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    return ran.returncode, ran.stdout + ran.stderr


@on_sqlite
def test_a_backup_is_one_file_for_its_owner_alone_with_every_row(alice: Person, root: Person, folder: Path) -> None:
    Defect.report(NewDefect(comment="It leaks."), by=alice.as_actor())
    file = folder / "aerie.db"
    back_up(file)
    assert list(folder.iterdir()) == [file]
    assert file.stat().st_mode & 0o777 == 0o600
    tables = [*database.get_tables(), "sqlite_sequence"]
    assert [name for name in tables if rows(file, name) != rows(source(), name)] == []
    with closing(sqlite3.connect(file)) as copy, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        copy.execute("DELETE FROM audit_entry")


@on_sqlite
def test_every_trigger_that_keeps_the_trail_is_looked_for(stores: None) -> None:
    assert {
        name
        for (name,) in database.execute_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'"
        )
    } == TRIGGERS


@on_sqlite
def test_others_write_meanwhile_and_the_copy_is_of_one_moment(alice: Person, folder: Path) -> None:
    stop, wrote = threading.Event(), 0

    def write() -> None:
        nonlocal wrote
        while not stop.is_set():
            Defect.report(NewDefect(comment="It leaks."), by=alice.user)
            wrote += 1
        drop_connection()

    writing = threading.Thread(target=write)
    writing.start()
    try:
        for number in range(20):
            before = wrote
            back_up(folder / f"{number}.db")
            defects = len(rows(folder / f"{number}.db", "defect"))
            notices = len(rows(folder / f"{number}.db", "notification"))
            assert before <= defects == notices
    finally:
        stop.set()
        writing.join()
    assert wrote > 20


@on_sqlite
def test_a_file_that_is_there_is_left_alone(stores: None, folder: Path) -> None:
    file = folder / "aerie.db"
    file.write_text("precious")
    with pytest.raises(CopyFault, match="is there already"):
        back_up(file)
    assert file.read_text() == "precious"


@on_sqlite
def test_where_there_is_no_folder_a_sentence_says_so(stores: None, folder: Path) -> None:
    with pytest.raises(CopyFault, match="can't be copied to .*: No such file or directory"):
        back_up(folder / "nowhere" / "aerie.db")
    (folder / "file").touch()
    with pytest.raises(CopyFault, match="can't be copied to .*: Not a directory"):
        back_up(folder / "file" / "aerie.db")


@on_sqlite
def test_a_disk_that_is_full_leaves_nothing_half_made(own_database: dict[str, str], folder: Path) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))

    file = folder / "aerie.db"
    status, said = backup(own_database, file, preexec_fn=small_files)
    assert (status, said.count("\n")) == (1, 1)
    assert re.search(f"can't be copied to {file}: (disk I/O error|database or disk is full).$", said)
    assert list(folder.iterdir()) == []


def test_a_database_that_is_not_there_is_not_made(folder: Path) -> None:
    status, said = backup({"DATA_DIR": str(folder)}, folder / "copy.db")
    assert (status, said) == (1, f"aerie: There is no file {folder / 'aerie.db'}.\n")
    assert not {"aerie.db", "copy.db"} & set(os.listdir(folder))


def damage(file: Path) -> None:
    """Overwrite what is in the middle of a table."""
    with file.open("r+b") as pages:
        pages.seek(4096 * 8)
        pages.write(b"\xff" * 4096 * 8)


def lose_a_trigger(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TRIGGER audit_entry_keeps")


def lose_a_user(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT INTO defect VALUES (1, '', '', '', 12345)")


@on_sqlite
@pytest.mark.parametrize(
    ("spoil", "why"), [(damage, "malformed|damaged"), (lose_a_trigger, "lacks the triggers"), (lose_a_user, "nobody")]
)
def test_what_is_not_sound_is_no_backup(
    own_database: dict[str, str], folder: Path, spoil: Callable[[Path], None], why: str
) -> None:
    spoil(Path(own_database["DATA_DIR"]) / "aerie.db")
    status, said = backup(own_database, folder / "copy.db")
    assert (status, said.count("\n")) == (1, 1)
    assert re.search(why, said)
    assert list(folder.iterdir()) == []


@on_postgres
def test_on_postgres_it_names_what_does_this_there(stores: None, folder: Path) -> None:
    with pytest.raises(CopyFault, match="pg_dump"):
        back_up(folder / "aerie.db")
