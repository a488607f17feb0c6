"""How admins read the trail: entry by entry, and page by page, in the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import peewee
from msgspec import UNSET, Meta, UnsetType, structs

from models import policy
from models.audit.row import Action, AuditDocument, AuditedModel, EntryRow
from models.bodies import Filters, Rule
from models.errors import NotFound
from models.fields import LARGEST_ID, GivenInstant, Reference, checked_instant, checked_reference
from models.stores import narrowed

if TYPE_CHECKING:
    from models.audit import AuditEntry
    from models.user import User


class AuditFilters(Filters, kw_only=True):
    """Which entries to list; those that are given must all fit."""

    user: Annotated[int, Meta(ge=1, le=LARGEST_ID, description="Done by the user with this id.")] | UnsetType = UNSET
    model: Annotated[AuditedModel | UnsetType, Meta(description="Done to this kind of object.")] = UNSET
    object_id: Annotated[Reference | UnsetType, Meta(description="Done to the object with this id.")] = UNSET
    action: Annotated[Action | UnsetType, Meta(description="Of this action.")] = UNSET
    since: Annotated[GivenInstant | UnsetType, Meta(description="At this moment or later.")] = UNSET
    until: Annotated[GivenInstant | UnsetType, Meta(description="Before this moment.")] = UNSET
    request_id: Annotated[Reference | UnsetType, Meta(description="In the request with this id.")] = UNSET

    RULES: ClassVar[dict[str, Rule]] = {
        "object_id": checked_reference,
        "since": checked_instant,
        "until": checked_instant,
        "request_id": checked_reference,
    }


class Reading(EntryRow):
    """Newest first: by their time, and by their id where that is the same."""

    @classmethod
    def seen_by(cls, actor: User, entry_id: int) -> AuditEntry:
        """The entry with that id, for an admin."""
        policy.oversee(actor)
        found = cls.by_id.find(entry_id)
        if found is None:
            raise NotFound("There is no such entry.")
        return found

    @classmethod
    def page(cls, filters: AuditFilters, *, by: User, limit: int, before: int | None = None) -> list[AuditEntry]:
        """Up to *limit* entries, newest first, from just before the one with an id."""
        if before is None:
            query = cls._matching(filters, by)
        else:
            last = cls.by_id.find(before)
            if last is None:
                return []
            if filters.until is not UNSET and last.timestamp < filters.until:
                # Of two bounds SQLite may begin at the one that leaves it more to step over.
                filters = structs.replace(filters, until=UNSET)
            query = cls._matching(filters, by)
            # Peewee 4.5 converts no value of a tuple by its column.
            place = (cls.timestamp.db_value(last.timestamp), last.id)
            query = query.where(peewee.Tuple(cls.timestamp, cls.id) < place)
        return cls.by_id.all(query.order_by(cls.timestamp.desc(), cls.id.desc()).limit(limit))

    @classmethod
    def number(cls, filters: AuditFilters, *, by: User, most: int) -> int:
        """How many there are, counted up to *most*."""
        found: int = cls._matching(filters, by).limit(most).count()
        return found

    @staticmethod
    def shown(entries: Sequence[EntryRow], *, to: User) -> list[AuditDocument]:
        """Their documents, with the names that those who acted have now."""
        names = type(to).names((entry.user_id for entry in entries), to=to)
        return [entry.to_dict(username=names.get(entry.user_id)) for entry in entries]

    @classmethod
    def _matching(cls, filters: AuditFilters, actor: User) -> Any:
        policy.oversee(actor)
        # An object is found by kind and id together, so by all kinds where none is named.
        by_object = filters.object_id is not UNSET
        kinds = list(AuditedModel) if filters.model is UNSET else [filters.model]
        query = narrowed(
            cls.select(),
            (cls.request_id, filters.request_id),
            (cls.object_id, filters.object_id),
            (cls.user_id, filters.user),
            (cls.model, UNSET if by_object else filters.model),
            (cls.action, filters.action),
            pairs={("user_id", "model"), ("model", "action")},
        )
        if by_object:
            query = query.where(cls.model.in_(kinds))
        if filters.since is not UNSET:
            query = query.where(cls.timestamp >= filters.since)
        if filters.until is not UNSET:
            query = query.where(cls.timestamp < filters.until)
        return query
