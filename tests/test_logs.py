"""What is written to standard output."""

import json
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the level and the handlers as they were."""
    root = logging.getLogger()
    level, handlers, threshold = root.level, root.handlers, logs._Threshold.level
    logs.configure("info")
    yield
    root.handlers, logs._Threshold.level = handlers, threshold
    root.setLevel(level)


def written(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def test_an_event_is_one_json_object_on_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    logs.info("user created", user=7, note="two\nlines")
    logs.warning("log-in refused", address="192.0.2.1")
    first, second = written(capfd)
    assert (first["event"], first["user"]) == ("user created", 7)
    assert (first["level"], first["note"]) == ("info", "two\nlines")
    assert (second["level"], second["address"]) == ("warning", "192.0.2.1")
    age = datetime.now(UTC) - datetime.fromisoformat(first["time"])
    assert timedelta(0) <= age < timedelta(minutes=1)
    assert first["time"].endswith("Z")


def test_an_event_carries_the_id_of_its_request(capfd: pytest.CaptureFixture[str]) -> None:
    token = logs.request_id.set("req-1")
    logs.info("inside")
    logging.getLogger("some.library").warning("inside too")
    logs.request_id.reset(token)
    logs.info("outside")
    assert [line["request_id"] for line in written(capfd)] == ["req-1", "req-1", None]


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("debug", ["info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_nothing_below_the_level_is_written(capfd: pytest.CaptureFixture[str], level: str, heard: list[str]) -> None:
    logs.configure(level)
    logs.info("happened")
    logs.warning("went wrong")
    logs.failure("should not have", ValueError())
    library = logging.getLogger("some.library")
    library.info("happened")
    library.warning("went wrong")
    library.error("should not have")
    assert [line["level"] for line in written(capfd)] == heard * 2


def test_a_failure_comes_with_its_frames_and_without_its_text(capfd: pytest.CaptureFixture[str]) -> None:
    typed_in = "hunter2"
    try:
        raise ValueError(typed_in)
    except ValueError as error:
        logs.failure("unexpected error", error)
        logging.getLogger("some.library").exception("in a library")
    lines = written(capfd)
    assert [line["event"] for line in lines] == ["unexpected error", "log"]
    assert all("raise ValueError(typed_in)" in line["traceback"] for line in lines)
    assert not any("hunter2" in line["traceback"] for line in lines)


def test_what_a_library_logs_is_written_the_same_way(capfd: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("some.library").warning("%s of %s", 1, 2)
    (line,) = written(capfd)
    assert (line["logger"], line["message"], line["event"]) == ("some.library", "1 of 2", "log")


def test_a_value_that_json_has_not_is_written_as_text(capfd: pytest.CaptureFixture[str]) -> None:
    logs.info("happened", error=ValueError("no"), path=Path("/x"))
    (line,) = written(capfd)
    assert (line["error"], line["path"]) == ("no", "/x")


def test_a_full_disk_does_not_fail_what_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr(logs, "_STANDARD_OUTPUT", full)
    logs.info("happened")
    logging.getLogger("some.library").warning("went wrong")
    os.close(full)


def test_a_reader_that_left_does_not_fail_what_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(logs, "_STANDARD_OUTPUT", writer)
    logs.info("happened")
    os.close(writer)
    logs.info("happened on a closed one")


def test_text_that_is_no_unicode_does_not_fail_what_is_logged(capfd: pytest.CaptureFixture[str]) -> None:
    logs.info("request", path="/\udcff")
    assert len(written(capfd)) == 1


def test_a_librarys_wrong_arguments_do_not_fail_what_is_logged(capfd: pytest.CaptureFixture[str]) -> None:
    # Straight to our handler: pytest's own, beside it, raises.
    logs._Handler().handle(logging.LogRecord("some.library", logging.WARNING, "", 1, "%d", ("not a number",), None))
    (line,) = written(capfd)
    assert line["message"] == "%d"
