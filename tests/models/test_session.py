"""The verbs of a session, and how it ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from models import session_store
from models.account import Credentials
from models.errors import WrongCredentials
from models.login import Client
from models.session import Session
from models.stores import opened
from models.user import User
from tests.people import HOME, Person, claims, is_valid
from tests.services.processes import wait_until


def test_a_log_in_opens_a_session_of_exactly_24_hours(alice: Person) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    token = alice.log_in()
    said = claims(token)
    start, end = int(said["iat"]), int(said["exp"])
    assert end - start == 86400
    assert before.timestamp() <= start <= datetime.now(UTC).timestamp()
    assert opened.redis.run("EXPIRETIME", f"session:{said['jti']}") == end
    assert (said["sub"], said["iss"]) == (str(alice.id), "aerie")


def test_the_token_and_the_answer_agree_on_the_end(alice: Person) -> None:
    grant = Session.open(Credentials(username="alice", password=alice.password), client=HOME).grant()
    assert int(claims(grant["token"])["exp"]) == grant["expires_at"].timestamp()
    assert (grant["expires_in"], grant["token_type"]) == (86400, "Bearer")


def test_being_seen_does_not_make_a_session_longer(alice: Person) -> None:
    key = f"session:{claims(alice.token)['jti']}"
    before = opened.redis.run("EXPIRETIME", key)
    for _ in range(3):
        assert is_valid(alice.token)
    assert opened.redis.run("EXPIRETIME", key) == before
    assert opened.redis.run("EXPIRETIME", key.replace("session:", "seen:")) == before


def test_a_session_ends_by_itself(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "settings", replace(opened.settings, session_ttl=1))
    token = alice.log_in()
    wait_until(lambda: not is_valid(token), seconds=3, what="the end of a session")
    wait_until(lambda: session_store.read([claims(token)["jti"]]) == {}, seconds=3, what="its end in Redis")
    assert is_valid(alice.token)


def test_a_session_is_seen_at_most_once_a_minute(alice: Person) -> None:
    session_id = claims(alice.token)["jti"]
    minute_ago = int(datetime.now(UTC).timestamp()) - session_store.SEEN_AT_MOST_EVERY
    opened.redis.run("SET", f"seen:{session_id}", minute_ago)
    actor = alice.as_actor()
    seen = Session.seen_by(actor, UUID(session_id)).last_seen_at
    assert seen - datetime.fromtimestamp(minute_ago, UTC) >= timedelta(seconds=60)
    opened.redis.run("SET", f"seen:{session_id}", minute_ago + 30)
    alice.as_actor()
    assert int(opened.redis.run("GET", f"seen:{session_id}")) == minute_ago + 30


def test_a_token_without_its_session_in_redis_is_worth_nothing(alice: Person) -> None:
    opened.redis.run("DEL", f"session:{claims(alice.token)['jti']}")
    assert not is_valid(alice.token)


@pytest.mark.parametrize("name", ["alice", "ALICE", "ａｌｉｃｅ"])
def test_names_are_looked_up_whatever_their_spelling(alice: Person, name: str) -> None:
    assert Session.open(Credentials(username=name, password=alice.password), client=HOME).user_id == alice.id


@pytest.mark.parametrize(("name", "password"), [("alice", "a wrong password"), ("nobody", "x"), ("", ""), ("/", "\0")])
def test_wrong_credentials_open_nothing(alice: Person, name: str, password: str) -> None:
    with pytest.raises(WrongCredentials):
        Session.open(Credentials(username=name, password=password), client=HOME)
    assert alice.user.session_index.number() == 1


def test_a_deleted_user_can_neither_log_in_nor_go_on(alice: Person) -> None:
    User.update(deleted_at=datetime.now(UTC)).where(User.id == alice.id).execute()
    assert not is_valid(alice.token)
    with pytest.raises(WrongCredentials):
        alice.log_in()


def test_a_long_user_agent_is_cut(alice: Person) -> None:
    credentials = Credentials(username="alice", password=alice.password)
    session = Session.open(credentials, client=Client(address="::1", user_agent="x" * 10_000))
    assert len(session.record.user_agent) == 256
