"""Which counter server script/server has its notices sent to."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import serve
from settings import Settings
from workers import counters


@pytest.fixture
def taken() -> Iterator[None]:
    """Nobody else gets the sample's first ports; whoever has one already may keep it."""
    with ExitStack() as held:
        for port in (serve.FIRST_SAMPLE_PORT, serve.FIRST_SAMPLE_PORT + 1):
            listening = held.enter_context(socket.socket())
            try:
                listening.bind(("127.0.0.1", port))
            except OSError:
                continue
            listening.listen()
        yield


def chosen(tmp_path: Path, **environ: str) -> dict[str, str]:
    return serve._counter_server(Settings.from_env({"DATA_DIR": str(tmp_path), **environ}))


def test_the_one_that_is_named_is_told_and_no_sample_runs(tmp_path: Path) -> None:
    assert chosen(tmp_path, COUNTER_URL="http://counters.example/") == {counters.SAMPLE_PORT: ""}


def test_a_sample_that_is_not_wanted_ends_so_that_nobody_starts_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for port in ("", None):
        monkeypatch.delenv(counters.SAMPLE_PORT, raising=False)
        if port is not None:
            monkeypatch.setenv(counters.SAMPLE_PORT, port)
        with pytest.raises(SystemExit) as ended:
            counters.main()
        assert ended.value.code == counters.NOT_WANTED


@pytest.mark.usefixtures("taken")
def test_the_sample_takes_the_next_port_that_is_free_and_is_told(tmp_path: Path) -> None:
    found = chosen(tmp_path)
    port = int(found[counters.SAMPLE_PORT])
    assert port >= serve.FIRST_SAMPLE_PORT + 2
    assert found["COUNTER_URL"] == f"http://127.0.0.1:{port}/"


@pytest.mark.usefixtures("taken")
def test_the_sample_leaves_the_service_its_own_port(tmp_path: Path) -> None:
    free = chosen(tmp_path)[counters.SAMPLE_PORT]
    assert int(chosen(tmp_path, PORT=free)[counters.SAMPLE_PORT]) > int(free)
