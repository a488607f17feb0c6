"""Sessions that are ended: this one, one, all others, and never back again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import pytest

from models import session_store
from models.audit import AuditEntry
from models.errors import Forbidden, NotFound, NotSignedIn
from models.session import Session
from models.stores import drop_connection, opened
from models.user import User
from tests.people import Person, claims, is_valid
from tests.services.processes import wait_until


def end_others(actor: User) -> int:
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
    assert session_store.ids(alice.id) == [claims(alice.token)["jti"]]
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
    remove = session_store.remove

    def look_and_remove(user_id: int, session_ids: list[str]) -> None:
        valid_in_between.append(is_valid(alice.token))
        remove(user_id, session_ids)

    monkeypatch.setattr(session_store, "remove", look_and_remove)
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
        return claims(short)["jti"] not in opened.redis.run("ZRANGE", f"sessions:{alice.id}", 0, -1)

    wait_until(is_cleared_away, what="an index without the session that expired")


def test_the_index_of_sessions_lives_as_long_as_the_longest(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    before = opened.redis.run("EXPIRETIME", f"sessions:{alice.id}")
    assert before >= int(claims(alice.token)["exp"])
    monkeypatch.setattr(opened, "settings", replace(opened.settings, session_ttl=100))
    alice.log_in()
    assert opened.redis.run("EXPIRETIME", f"sessions:{alice.id}") == before


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
    assert session_store.ids(alice.id) == []


def test_each_end_has_its_entry(alice: Person) -> None:
    other = alice.log_in()
    end_others(alice.as_actor())
    ended = AuditEntry.select().where(AuditEntry.model == "session", AuditEntry.action == "destroy")
    assert [entry.object_id for entry in ended] == [claims(other)["jti"]]
