"""Which files are made private, and that no file which can't be stops anything."""

from pathlib import Path

import pytest

from models import file_modes
from settings import Settings

NAMES = [
    "secret_key", "aerie.db", "aerie.db-wal", "aerie.db-shm", "aerie.db-journal", "aerie.db.migrating",
    "aerie.db.replaced-20260301T120000.000000Z", "appendonlydir/appendonly.aof.manifest",
]  # fmt: skip


def filled(folder: Path) -> Settings:
    (folder / "appendonlydir").mkdir()
    for name in [*NAMES, "aerie.db.mine", "other"]:
        (folder / name).touch()
        (folder / name).chmod(0o664)
    (folder / "secret_key").write_text("k" * 32)
    return Settings.from_env({"DATA_DIR": str(folder)})


def modes(folder: Path) -> dict[str, int]:
    return {str(file.relative_to(folder)): file.stat().st_mode & 0o777 for file in folder.rglob("*")}


def test_files_of_ours_lose_the_rights_of_others_and_no_other_file_does(tmp_path: Path) -> None:
    file_modes.make_private(filled(tmp_path))
    expected = dict.fromkeys(NAMES, 0o600) | {"aerie.db.mine": 0o664, "other": 0o664, "appendonlydir": 0o700}
    assert modes(tmp_path) == expected


def test_a_linked_database_is_made_private_where_it_is(tmp_path: Path) -> None:
    (disk := tmp_path / "disk").mkdir()
    (data := tmp_path / "data").mkdir()
    for name in ("large.db", "large.db-wal"):
        (disk / name).touch()
        (disk / name).chmod(0o644)
    (data / "aerie.db").symlink_to(disk / "large.db")
    file_modes.make_private(Settings.from_env({"DATA_DIR": str(data)}))
    assert modes(disk) == {"large.db": 0o600, "large.db-wal": 0o600}


def test_files_of_another_user_stay_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = filled(tmp_path)
    before = modes(tmp_path)
    monkeypatch.setattr("os.geteuid", lambda: (tmp_path / "aerie.db").stat().st_uid + 1)
    file_modes.make_private(settings)
    assert modes(tmp_path) == before


def test_a_file_that_can_t_be_changed_fails_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    settings = filled(tmp_path)
    monkeypatch.setattr(Path, "chmod", refuse)
    file_modes.make_private(settings)
