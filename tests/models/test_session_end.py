"""Sessions that are ended: this one, one, all others, and never back again."""

import threading
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest

from models import session_store
from models.audit import AuditEntry
from models.errors import Forbidden, NotFound, NotSignedIn
from models.session import Session
from models.stores import drop_connection, opened
from models.user import User
from tests.people import Person


def claims(token: str) -> dict[str, str]:
    read: dict[str, str] = jwt.decode(token, options={"verify_signature": False})
    return read


def is_valid(token: str) -> bool:
    try:
        return bool(Session.bearer(token))
    except NotSignedIn:
        return False


def test_logging_out_ends_this_session_alone(alice: Person) -> None:
    other = alice.log_in()
    Session.end_current(by=alice.as_actor())
    assert (is_valid(alice.token), is_valid(other)) == (False, True)


def test_nobody_sees_or_ends_somebody_elses_session(alice: Person, root: Person) -> None:
    session_id = claims(alice.token)["jti"]
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
    assert Session.end_others(by=alice.as_actor()) == 3
    assert [is_valid(token) for token in others] == [False] * 3
    assert is_valid(alice.token)
    assert opened.redis.run("EXPIRETIME", key) == end
    assert session_store.ids(alice.id) == [claims(alice.token)["jti"]]
    assert Session.end_others(by=alice.as_actor()) == 0


def test_all_others_end_although_redis_refuses_to_write(alice: Person) -> None:
    other, actor = alice.log_in(), alice.as_actor()
    opened.redis.run("ACL", "SETUSER", "default", "-del", "-set")
    try:
        Session.end_others(by=actor)
    finally:
        opened.redis.run("ACL", "SETUSER", "default", "+del", "+set")
    assert not is_valid(other)


def test_two_sessions_that_end_each_other_at_once_leave_one(alice: Person) -> None:
    tokens = [alice.token, alice.log_in()]
    actors = [Session.bearer(token) for token in tokens]
    ready = threading.Barrier(2)

    def end_others(actor: User) -> bool:
        ready.wait(10)
        try:
            Session.end_others(by=actor)
        except NotSignedIn:
            return False
        finally:
            drop_connection()
        return True

    with ThreadPoolExecutor(2) as threads:
        won = list(threads.map(end_others, actors))
    assert sum(won) == 1
    assert [is_valid(token) for token in tokens] == won


@pytest.mark.parametrize("ended", ["before", "meanwhile"])
def test_a_session_that_has_ended_is_never_carried_over(
    alice: Person, monkeypatch: pytest.MonkeyPatch, ended: str
) -> None:
    session_id, run = claims(alice.token)["jti"], opened.redis.run

    def run_and_end(*command: object) -> object:
        reply = run(*command)
        if command[0] == "GET":
            session_store.remove(alice.id, [session_id])
        return reply

    if ended == "before":
        session_store.remove(alice.id, [session_id])
    else:
        monkeypatch.setattr(opened.redis, "run", run_and_end)
    session_store.restamp(session_id, epoch=1)
    assert run("EXISTS", f"session:{session_id}") == 0


def test_sessions_of_an_older_epoch_are_not_listed(alice: Person) -> None:
    session_id = claims(alice.token)["jti"]
    User.update(session_epoch=1).where(User.id == alice.id).execute()
    newer = alice.log_in()
    actor = Session.bearer(newer)
    assert [session.id for session in Session.of(actor, limit=10)] == [claims(newer)["jti"]]
    with pytest.raises(NotFound):
        Session.seen_by(actor, session_id)
    assert not is_valid(alice.token)


def test_each_end_has_its_entry(alice: Person) -> None:
    other = alice.log_in()
    Session.end_others(by=alice.as_actor())
    ended = AuditEntry.select().where(AuditEntry.model == "session", AuditEntry.action == "destroy")
    assert [entry.object_id for entry in ended] == [claims(other)["jti"]]
