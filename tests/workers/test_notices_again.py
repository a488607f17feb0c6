"""When a notice is tried again, and for how long."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from models.notification import Notification
from models.notification.row import TRIED_FOR
from tests.people import Person
from tests.services.counter import CounterServer, answers, named
from tests.workers.notice_rows import created, due, row
from workers.notices import deliver

# In seconds.
LONGEST_PAUSE = 900.0
A_MOMENT = 0.5


@pytest.fixture
def counter(app: Any) -> Iterator[CounterServer]:
    with CounterServer(answers(503)) as server, named(server.url):
        yield server


def tried_for(notice_id: int, age: timedelta, *, attempts: int = 5) -> int:
    """Have a notice be as old as that, and due."""
    end = datetime.now(UTC) + TRIED_FOR - age
    Notification.update(give_up_at=end, attempts=attempts).where(Notification.id == notice_id).execute()
    return due(notice_id)


def pause(notice_id: int) -> float:
    """For how many seconds from now on it is left alone."""
    found: timedelta = row(notice_id).next_attempt_at - datetime.now(UTC)
    return found.total_seconds()


@pytest.mark.parametrize("age", [timedelta(0), timedelta(minutes=10)])
def test_the_first_pause_is_short_however_late_the_first_attempt_was(
    alice: Person, counter: CounterServer, age: timedelta
) -> None:
    """The scheduler looks once a second: together that is less than the five that are promised."""
    for _ in range(20):
        notice_id = tried_for(created(alice), age, attempts=0)
        deliver(notice_id)
        assert 1.5 - A_MOMENT < pause(notice_id) <= 2.5


@pytest.mark.parametrize("seconds", [1, 8, 60, 600, 3600, 86_400, 250_000])
def test_pauses_grow_to_a_quarter_of_an_hour(alice: Person, counter: CounterServer, seconds: int) -> None:
    expected = min(max(seconds / 4, 2), LONGEST_PAUSE)
    notice_id = tried_for(created(alice), timedelta(seconds=seconds))
    deliver(notice_id)
    assert expected * 0.75 - A_MOMENT < pause(notice_id) <= expected * 1.25 + A_MOMENT


def test_those_who_failed_together_don_t_come_back_together(alice: Person, counter: CounterServer) -> None:
    ids = [tried_for(created(alice), timedelta(hours=1)) for _ in range(20)]
    for notice_id in ids:
        deliver(notice_id)
    pauses = [pause(notice_id) for notice_id in ids]
    assert max(pauses) - min(pauses) > LONGEST_PAUSE / 10


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("as_date", [False, True])
def test_it_is_not_tried_before_the_server_wants_it(
    alice: Person, counter: CounterServer, status: int, as_date: bool
) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=2)
    counter.behaves = answers(status, Retry_After=format_datetime(moment, usegmt=True) if as_date else "120")
    notice_id = created(alice)
    deliver(notice_id)
    assert 118 < pause(notice_id) <= 121
    deliver(notice_id)
    assert len(counter.received) == 1


@pytest.mark.parametrize(
    "said",
    [
        *("", "soon", "-5", "1.5", "5, 10", "0x10", "12e3", "\xb2", "0", "1"),
        *("Mon, 99 Foo 2030", "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 +2359"),
        "Mon, 1 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 1 Jan 2999 00:00:00 +99999999999999999999",
    ],
)
def test_nonsense_and_the_past_change_nothing(alice: Person, counter: CounterServer, said: str) -> None:
    counter.behaves = answers(429, Retry_After=said)
    notice_id = created(alice)
    deliver(notice_id)
    assert row(notice_id).last_error == "The answer was 429."
    assert 1.5 - A_MOMENT < pause(notice_id) <= 2.5


@pytest.mark.parametrize(
    "said",
    [
        *("3601", "86400", "259201", "99999999999999999999", "9" * 300, "9" * 5000, "0" * 300 + "7200"),
        *("Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -2359", "Friday, 31-Dec-60 23:59:59 GMT"),
        "Fri Dec 31 23:59:59 9999",
    ],
)
def test_a_pause_that_the_server_asks_for_is_an_hour_at_most(alice: Person, counter: CounterServer, said: str) -> None:
    counter.behaves = answers(429, Retry_After=said)
    notice_id = created(alice)
    deliver(notice_id)
    notice = row(notice_id)
    assert 3600 - 60 < pause(notice_id) <= 3600
    assert notice.next_attempt_at == notice.send_at
    assert (notice.status, notice.last_error) == ("pending", "The answer was 429.")


def test_no_pause_is_longer_than_what_is_left(alice: Person, counter: CounterServer) -> None:
    notice_id = tried_for(created(alice), TRIED_FOR - timedelta(seconds=1))
    deliver(notice_id)
    assert row(notice_id).next_attempt_at == row(notice_id).give_up_at


def test_after_three_days_it_fails_for_good(alice: Person, counter: CounterServer) -> None:
    notice_id = tried_for(created(alice), TRIED_FOR + timedelta(seconds=1))
    deliver(notice_id)
    notice = row(notice_id)
    assert (notice.status, notice.last_error, notice.attempts) == ("failed", "The answer was 503.", 6)
    assert (notice.next_attempt_at, notice.send_at, notice.delivered_at) == (None, None, None)
    deliver(notice_id)
    assert (len(counter.received), Notification.send_again(most=10)) == (1, 0)


def test_of_a_whole_life_the_attempts_are_few_and_the_last_is_at_the_end(alice: Person, counter: CounterServer) -> None:
    print(f"seed {(seed := random.randrange(2**32))}")
    random.seed(seed)
    notice_id = created(alice)
    while len(counter.received) < 330 and row(notice_id).status == "pending":
        # All that it knows of time is how much is left.
        left = row(notice_id).give_up_at - row(notice_id).next_attempt_at
        Notification.update(give_up_at=datetime.now(UTC) + left).execute()
        deliver(due(notice_id))
    assert row(notice_id).status == "failed"
    assert len(counter.received) > 290
    assert len(counter.counted()) == 1
