"""Sessions that are ended: this one, one, all others, and never back again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import pytest

from models.audit import AuditEntry
from models.errors import Forbidden, NotFound, NotSignedIn
from models.session import MOST_SESSIONS, Session
from models.session_index import SessionIndex
from models.stores import drop_connection, opened
from models.user import User
from tests.faults import redis_away
from tests.people import Person, claims, is_valid
from tests.services.processes import wait_until


def listed(user_id: int) -> list[str]:
    """Return the ids of a user's live sessions, newest first."""
    return [session.id for session in Session.of(User.get_by_id(user_id), limit=1000)]


def end_others(actor: User) -> int | None:
    """End all sessions of somebody but the one they came with."""
    return actor.end_sessions(by=actor, but=actor.session_id)


def test_logging_out_ends_this_session_alone(alice: Person) -> None:
    other = alice.log_in()
    Session.end_current(by=alice.as_actor())
    assert (is_valid(alice.token), is_valid(other)) == (False, True)


def test_nobody_sees_or_ends_somebody_elses_session(alice: Person, root: Person) -> None:
    session_id = UUID(claims(alice.token)["jti"])
    session = Session.seen_by(alice.as_actor(), session_id)
    with pytest.raises(Forbidden):
        Session.seen_by(root.as_actor(), session_id)
    with pytest.raises(Forbidden):
        session.end(by=root.as_actor())
    session.end(by=alice.as_actor())
    with pytest.raises(NotFound):
        Session.seen_by(root.as_actor(), session_id)


def test_ending_all_others_leaves_this_one_for_as_long_as_before(alice: Person) -> None:
    others = [alice.log_in() for _ in range(3)]
    key = f"session:{claims(alice.token)['jti']}"
    end = opened.redis.run("EXPIRETIME", key)
    assert end_others(alice.as_actor()) == 3
    assert [is_valid(token) for token in others] == [False] * 3
    assert is_valid(alice.token)
    assert opened.redis.run("EXPIRETIME", key) == end
    assert listed(alice.id) == [claims(alice.token)["jti"]]
    assert end_others(alice.as_actor()) == 0


def test_all_others_end_although_redis_refuses_to_write(alice: Person) -> None:
    other, actor = alice.log_in(), alice.as_actor()
    opened.redis.run("ACL", "SETUSER", "default", "-del", "-set")
    try:
        end_others(actor)
    finally:
        opened.redis.run("ACL", "SETUSER", "default", "+del", "+set")
    assert not is_valid(other)


def test_two_sessions_that_end_each_other_at_once_leave_one(alice: Person) -> None:
    tokens = [alice.token, alice.log_in()]
    actors = [Session.bearer(token) for token in tokens]
    ready = threading.Barrier(2)

    def end_both(actor: User) -> bool:
        ready.wait(10)
        try:
            end_others(actor)
        except NotSignedIn:
            return False
        finally:
            drop_connection()
        return True

    with ThreadPoolExecutor(2) as threads:
        won = list(threads.map(end_both, actors))
    assert sum(won) == 1
    assert [is_valid(token) for token in tokens] == won


def test_the_session_that_stays_is_valid_at_every_moment(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.log_in()
    valid_in_between = []
    clear = SessionIndex.clear

    def look_and_clear(index: SessionIndex, *, but: str | None) -> int | None:
        valid_in_between.append(is_valid(alice.token))
        return clear(index, but=but)

    monkeypatch.setattr(SessionIndex, "clear", look_and_clear)
    assert end_others(alice.as_actor()) == 1
    assert valid_in_between == [True]
    assert is_valid(alice.token)


def test_the_session_that_stayed_ends_when_another_ends_all_but_itself(alice: Person) -> None:
    end_others(alice.as_actor())
    newer = alice.log_in()
    assert end_others(Session.bearer(newer)) == 1
    assert not is_valid(alice.token)
    assert is_valid(newer)


def test_the_session_that_stayed_ends_when_it_logs_out(alice: Person) -> None:
    end_others(alice.as_actor())
    Session.end_current(by=alice.as_actor())
    assert not is_valid(alice.token)


def test_sessions_that_expired_are_not_ended_again(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "settings", replace(opened.settings, session_ttl=1))
    short = alice.log_in()
    wait_until(lambda: not is_valid(short), what="the end of a session of one second")
    assert end_others(alice.as_actor()) == 0

    def is_cleared_away() -> bool:
        alice.log_in()
        return claims(short)["jti"] not in opened.redis.run("ZRANGE", f"sessions:{alice.id}:1", 0, -1)

    wait_until(is_cleared_away, what="an index without the session that expired")


def test_the_index_of_sessions_lives_as_long_as_the_longest(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    before = opened.redis.run("EXPIRETIME", f"sessions:{alice.id}:0")
    assert before >= int(claims(alice.token)["exp"])
    monkeypatch.setattr(opened, "settings", replace(opened.settings, session_ttl=100))
    alice.log_in()
    assert opened.redis.run("EXPIRETIME", f"sessions:{alice.id}:0") == before


def test_a_session_record_of_another_release_is_no_session(alice: Person) -> None:
    opened.redis.run("SET", f"session:{claims(alice.token)['jti']}", '{"user_id": 1, "new": true}')
    assert not is_valid(alice.token)
    assert Session.of(alice.user, limit=10) == []


def test_sessions_of_an_older_epoch_are_not_listed(alice: Person) -> None:
    session_id = claims(alice.token)["jti"]
    User.update(session_epoch=1).where(User.id == alice.id).execute()
    newer = alice.log_in()
    actor = Session.bearer(newer)
    assert [session.id for session in Session.of(actor, limit=10)] == [claims(newer)["jti"]]
    with pytest.raises(NotFound):
        Session.seen_by(actor, UUID(session_id))
    assert not is_valid(alice.token)


def test_a_session_opened_a_moment_ago_is_counted_and_forgotten_too(alice: Person, root: Person) -> None:
    read_before = User.get_by_id(alice.id)
    assert alice.user.end_sessions(by=root.as_actor()) == 1
    newer = alice.log_in()
    assert read_before.end_sessions(by=root.as_actor()) == 1
    assert not is_valid(newer)
    assert listed(alice.id) == []


def destroyed() -> list[tuple[int | None, str]]:
    """Return which sessions the audit trail says have ended, and by which user."""
    ended = AuditEntry.select().where(AuditEntry.model == "session", AuditEntry.action == "destroy")
    return [(entry.user_id, entry.object_id) for entry in ended.order_by(AuditEntry.id)]


def test_ending_all_writes_no_entry_for_each_session(alice: Person) -> None:
    alice.log_in()
    end_others(alice.as_actor())
    assert destroyed() == []


def test_one_log_in_more_than_a_user_may_have_ends_the_oldest(alice: Person) -> None:
    first = claims(alice.token)["jti"]
    tokens = [alice.log_in() for _ in range(MOST_SESSIONS - 1)]
    assert (is_valid(alice.token), len(listed(alice.id)), destroyed()) == (True, MOST_SESSIONS, [])
    alice.log_in()
    assert (is_valid(alice.token), is_valid(tokens[0]), len(listed(alice.id))) == (False, True, MOST_SESSIONS)
    assert destroyed() == [(alice.id, first)]


def test_a_session_that_outlived_all_others_counts_as_the_oldest(alice: Person) -> None:
    end_others(alice.as_actor())
    for _ in range(MOST_SESSIONS):
        alice.log_in()
    assert (is_valid(alice.token), len(listed(alice.id))) == (False, MOST_SESSIONS)
    assert destroyed() == [(alice.id, claims(alice.token)["jti"])]


def test_a_session_that_outlived_all_others_is_listed_with_newer_ones_page_by_page(alice: Person) -> None:
    alice.log_in()
    end_others(alice.as_actor())
    newer = [claims(alice.log_in())["jti"] for _ in range(2)]
    actor, found, before = alice.as_actor(), [], None
    while page := Session.of(actor, limit=1, before=before):
        found.append(page[0].id)
        before = page[0].place
    assert found == [*reversed(newer), claims(alice.token)["jti"]]
    assert actor.session_index.number() == 3


def test_ending_all_works_while_redis_is_away_and_can_t_say_how_many(alice: Person, root: Person) -> None:
    other, actor, admin = alice.log_in(), alice.as_actor(), root.as_actor()
    with redis_away():
        assert end_others(actor) is None
    assert (is_valid(alice.token), is_valid(other)) == (True, False)
    with redis_away():
        assert alice.user.end_sessions(by=admin) is None
        assert alice.user.would_end(by=admin) == {"sessions": None, "tasks": 0}
        assert alice.user.deactivate(by=admin) == {"sessions_revoked": None, "tasks_cancelled": []}
    assert not is_valid(alice.token)
