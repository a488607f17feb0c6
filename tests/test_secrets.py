"""Secrets among the settings: from files, made and kept, never shown."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from environment import SettingsError
from settings import Settings

KEY = "k" * 32
SECRETS = [
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "SECRET_KEY_PREVIOUS",
    "ADMIN_PASSWORD",
    "METRICS_TOKEN",
    "BROKER_URL",
]
VALUES = {
    "DATABASE_URL": "postgresql://aerie:hunter2-database@db.example/aerie",
    "REDIS_URL": "redis://:hunter2-redis@cache.example",
    "SECRET_KEY": "hunter2-secret-key-of-enough-bytes",
    "SECRET_KEY_PREVIOUS": "hunter2-previous-key-of-enough-bytes",
    "ADMIN_USERNAME": "root",
    "ADMIN_PASSWORD": "hunter2-admin",
    "METRICS_TOKEN": "hunter2-metrics",
    "BROKER_URL": "amqp://aerie:hunter2-broker@queue.example/aerie",
    "COUNTER_URL": "https://me:hunter2-counter@counter.example",
}


def read(folder: Path, **environ: str) -> Settings:
    return Settings.from_env({"DATA_DIR": str(folder), **environ})


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_come_from_a_file(tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    file.write_text(VALUES[name] + "\n")
    rest = {other: value for other, value in VALUES.items() if other != name}
    settings = read(tmp_path, **rest, **{f"{name}_FILE": str(file)})
    assert getattr(settings, name.lower()) == VALUES[name]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_not_come_from_both_places(tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    file.write_text(VALUES[name])
    with pytest.raises(SettingsError, match=f"^{name} and {name}_FILE are both set"):
        read(tmp_path, **VALUES, **{f"{name}_FILE": str(file)})


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_secret_file_that_cant_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match="^SECRET_KEY_FILE can't be read"):
        read(tmp_path, SECRET_KEY_FILE=str(file))


@pytest.mark.parametrize("store", ["DATABASE_URL", "REDIS_URL"])
def test_a_secret_key_is_required_where_a_store_is_given(tmp_path: Path, store: str) -> None:
    with pytest.raises(SettingsError, match="^SECRET_KEY is required"):
        read(tmp_path, **{store: VALUES[store]})
    assert read(tmp_path, SECRET_KEY=KEY, **{store: VALUES[store]}).secret_key == KEY


def test_a_secret_key_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        first = read(tmp_path).secret_key
    finally:
        os.umask(before)
    assert len(first.encode()) >= 32
    assert read(tmp_path).secret_key == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret_key"]


def test_two_folders_have_two_secret_keys(tmp_path: Path) -> None:
    assert read(tmp_path / "one").secret_key != read(tmp_path / "other").secret_key


def test_twenty_that_start_at_once_make_one_secret_key(tmp_path: Path) -> None:
    ready = threading.Barrier(20)

    def start(_: int) -> str:
        ready.wait(10)
        return read(tmp_path).secret_key

    with ThreadPoolExecutor(20) as threads:
        assert len(set(threads.map(start, range(20)))) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secret_key"]


@pytest.mark.parametrize("kept", ["", "short"])
def test_a_kept_secret_key_that_is_too_short_stops_the_start(tmp_path: Path, kept: str) -> None:
    (tmp_path / "secret_key").write_text(kept)
    with pytest.raises(SettingsError, match="secret"):
        read(tmp_path)


def test_a_given_secret_key_leaves_no_file_behind(tmp_path: Path) -> None:
    read(tmp_path, SECRET_KEY=KEY)
    assert list(tmp_path.iterdir()) == []


def test_no_secret_shows_in_a_printed_setting(tmp_path: Path) -> None:
    assert "hunter2" not in repr(read(tmp_path, **VALUES))


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "SECRET_KEY_PREVIOUS", "DATABASE_URL", "REDIS_URL", "BROKER_URL", "COUNTER_URL"]
)
def test_no_secret_shows_in_the_sentence_about_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, **(VALUES | {name: "ftp://:hunter2@x"}))
    assert "hunter2" not in str(caught.value)
