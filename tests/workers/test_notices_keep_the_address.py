"""COUNTER_URL may hold a password: whatever goes wrong, no part of it is in what admins or logs are told."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.people import Person
from tests.services.counter import Behaviour, CounterServer, answers, hangs, named, resets, says
from tests.services.processes import free_port
from tests.workers.notice_rows import created, row
from workers import outgoing
from workers.notices import deliver

SECRETS = ("somebody", "hidden", "place", "token", "127.0.0.1")


@pytest.fixture
def counter() -> Iterator[CounterServer]:
    with CounterServer() as server:
        yield server


@pytest.mark.parametrize(
    "behaves",
    [
        *(resets, hangs, says(b""), says(b"nonsense\r\n"), says(b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n")),
        *(answers(500, b"place"), answers(302, Location="http://127.0.0.1:1/hidden"), answers(401)),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_why_it_was_not_delivered_says_nothing_of_the_address(
    alice: Person,
    counter: CounterServer,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    behaves: Behaviour,
    scheme: str,
) -> None:
    monkeypatch.setattr(outgoing, "ANSWERS_WITHIN", 0.3)
    counter.behaves = behaves
    notice_id = created(alice)
    with named(f"{scheme}://somebody:hidden@127.0.0.1:{counter.port}/a/place?token=x"):
        deliver(notice_id)
    says_nothing_of_the_address(notice_id, capfd)


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "nowhere.invalid", "a..place.invalid", "127.0.0.1:99999"])
def test_nobody_who_listens_says_nothing_of_the_address_either(
    alice: Person, app: Any, capfd: pytest.CaptureFixture[str], host: str
) -> None:
    notice_id = created(alice)
    with named(f"http://somebody:hidden@{host.format(port=free_port())}/a/place?token=x"):
        deliver(notice_id)
    says_nothing_of_the_address(notice_id, capfd)


def says_nothing_of_the_address(notice_id: int, capfd: pytest.CaptureFixture[str]) -> None:
    notice = row(notice_id)
    assert (notice.status, notice.attempts) == ("pending", 1)
    logged = capfd.readouterr().out
    assert notice.last_error is not None
    assert notice.last_error in logged
    assert [secret for secret in SECRETS if secret in notice.last_error + logged] == []
