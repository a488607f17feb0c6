"""Sessions: opened by name and password, named by a token, ended at once and for good."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypedDict

import logs
from models import policy, session_store, token
from models.account import Credentials
from models.audit import Action, AuditEntry
from models.errors import NotFound, NotSignedIn
from models.fields import Instant
from models.login import Client, proven_user
from models.session_store import Record
from models.stores import database, opened
from models.user import User

LONGEST_USER_AGENT = 256
# One more ends the oldest.
MOST_SESSIONS = 100


class Grant(TypedDict):
    """A token, and how long it lasts: in seconds, and until when."""

    token: str
    token_type: str
    expires_in: int
    expires_at: Instant


class SessionDocument(TypedDict):
    """A session as its owner sees it."""

    id: str
    created_at: Instant
    expires_at: Instant
    last_seen_at: Instant
    ip: str
    user_agent: str
    current: bool


@dataclass(frozen=True)
class Session:
    """One log-in of one user, until an absolute end."""

    id: str
    record: Record
    last_seen_at: datetime

    @property
    def user_id(self) -> int:
        """Whose it is."""
        return self.record.user_id

    @property
    def place(self) -> int:
        """Where it stands among its user's sessions; newer ones are greater."""
        return session_store.place(self.record)

    @classmethod
    def open(cls, credentials: Credentials, *, client: Client) -> Session:
        """Log somebody in.

        Ends the user's oldest session if there are MOST_SESSIONS. Raises WrongCredentials, for an unknown name in the
        same time as for a wrong password, and TooManyAttempts without hashing.
        """
        user = proven_user(credentials, client)
        created_at = datetime.now(UTC)
        record = Record(
            user_id=user.id,
            epoch=user.session_epoch,
            created_at=created_at,
            expires_at=created_at.replace(microsecond=0) + timedelta(seconds=opened.settings.session_ttl),
            ip=client.address,
            user_agent=client.user_agent[:LONGEST_USER_AGENT],
        )
        session = cls(id=str(uuid.uuid4()), record=record, last_seen_at=created_at)
        oldest = user.session_index.surplus(MOST_SESSIONS - 1)
        with database.atomic():
            AuditEntry.write(
                Action.CREATE, "session", session.id, by=user.id, changes={"expires_at": (None, record.expires_at)}
            )
            AuditEntry.write_all(Action.DESTROY, "session", [(each, {}) for each in oldest], by=user.id)
        session_store.save(session.id, record)
        user.session_index.remove(oldest)
        return session

    @classmethod
    def bearer(cls, given: str) -> User:
        """The user whose valid session *given*, a token, names; NotSignedIn if there is none.

        Looks at the session in Redis and at the user's row every time, so that what was ended stays
        ended even where Redis has forgotten that it was.
        """
        claims = token.read(given)
        if claims is None or claims.expires_at <= datetime.now(UTC).timestamp():
            raise NotSignedIn
        record = session_store.find(claims.session_id)
        if record is None or record.user_id != claims.user_id:
            raise NotSignedIn
        user = User.by_id.find(record.user_id)
        if user is None or user.deleted_at is not None or not user.counts(claims.session_id, record.epoch):
            raise NotSignedIn
        user.session_id = claims.session_id
        return user

    @classmethod
    def seen_by(cls, actor: User, given: uuid.UUID) -> Session:
        """One session, if it is the actor's; NotFound if it has ended."""
        session_id = str(given)
        found = session_store.read([session_id]).get(session_id)
        if found is None:
            raise NotFound("There is no such session; it may have ended.")
        session = cls(session_id, *found)
        policy.use_session(actor, session)
        if not actor.counts(session_id, session.record.epoch):
            raise NotFound("There is no such session; it may have ended.")
        return session

    @classmethod
    def of(cls, user: User, *, limit: int, before: int | None = None) -> list[Session]:
        """Return up to *limit* of a user's live sessions, newest first, from just before a place."""
        index, place = user.session_index, before
        listed: list[Session] = []
        while len(listed) < limit:
            members = index.page(limit=limit, before=place)
            listed += cls._read([session_id for session_id, _ in members])
            if len(members) < limit:
                break
            place = members[-1][1]
        kept = [] if index.kept is None else cls._read([index.kept])
        live = [*listed, *(each for each in kept if before is None or each.place < before)]
        return sorted(live, key=lambda each: each.place, reverse=True)[:limit]

    @classmethod
    def _read(cls, session_ids: list[str]) -> list[Session]:
        return [cls(session_id, *found) for session_id, found in session_store.read(session_ids).items()]

    def grant(self) -> Grant:
        """The token for this session, to be shown once."""
        record = self.record
        return {
            "token": token.issue(
                session_id=self.id,
                user_id=record.user_id,
                created_at=record.created_at,
                expires_at=record.expires_at,
            ),
            "token_type": "Bearer",
            "expires_in": opened.settings.session_ttl,
            "expires_at": record.expires_at,
        }

    def end(self, *, by: User) -> None:
        """End one session: its token is dead once this returns; Unavailable if that can't be done now."""
        policy.use_session(by, self)
        _end(self.id, by=by)

    @staticmethod
    def end_current(*, by: User) -> None:
        """Log out: end the session that a person came with."""
        _end(str(by.session_id), by=by)

    def to_dict(self, *, current: bool) -> SessionDocument:
        """The session as its owner sees it."""
        return {
            "id": self.id,
            "created_at": self.record.created_at,
            "expires_at": self.record.expires_at,
            "last_seen_at": max(self.last_seen_at, self.record.created_at),  # seen is kept in whole seconds
            "ip": self.record.ip,
            "user_agent": self.record.user_agent,
            "current": current,
        }


def _end(session_id: str, *, by: User) -> None:
    with database.atomic():
        AuditEntry.write(Action.DESTROY, "session", session_id, by=by.id)
    by.session_index.remove([session_id])
    logs.info("session ended", user=by.id, session=session_id)
