"""How entries come to be: in the transaction of what they tell of, without what a person typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

import logs
from models.audit.row import Action, Changes, EntryRow
from models.drafts import insert_all
from models.fields import now

if TYPE_CHECKING:
    from models.audit import AuditEntry
    from models.drafts import Draft

# An erased person leaves only ids behind, so nothing they typed may stay readable here.
MASKED = frozenset({"username", "email", "data", "password_hash", "params", "comment"})
MASK = "***"
AT_A_TIME = 500


class Writing(EntryRow):
    """One entry, or as many as objects change together."""

    @classmethod
    def write(
        cls,
        action: Action,
        model: str,
        object_id: object,
        *,
        by: int | None,
        changes: Changes | None = None,
    ) -> None:
        """Add an entry to the transaction that is under way.

        *by* is a user's id, None for the service itself; *changes* are `{field: (before, after)}`.
        """
        cls.write_drafts([cls.draft(action, model, by=by, changes=changes)], [object_id])

    @classmethod
    def draft(cls, action: Action, model: str, *, by: int | None, changes: Changes | None = None) -> Draft[AuditEntry]:
        """Make an entry that is to be added to a transaction."""
        return cls.new.draft(**_alike(action, model, by), changes=_masked_all(changes or {}))

    @classmethod
    def write_drafts(cls, drafts: Sequence[Draft[AuditEntry]], object_ids: Sequence[object]) -> None:
        """Add them to the transaction that is under way, with its time: entries stand in the order of commits."""
        moment = now()
        for draft, object_id in zip(drafts, object_ids, strict=True):
            draft.add(object_id=str(object_id), timestamp=moment)
        insert_all(drafts)

    @classmethod
    def write_all(cls, action: Action, model: str, objects: list[tuple[str, Changes]], *, by: int | None) -> None:
        """Add an entry for each of many objects of one kind."""
        alike = {**_alike(action, model, by), "timestamp": now()}
        for start in range(0, len(objects), AT_A_TIME):
            some = objects[start : start + AT_A_TIME]
            cls.insert_many(
                {**alike, "object_id": object_id, "changes": _masked_all(changed)} for object_id, changed in some
            ).execute()

    @classmethod
    def write_each(cls, action: Action, model: str, ids: Any, *, by: int, changes: Changes | None = None) -> None:
        """Add an entry for each of the ids that a query finds, all with the same changes."""
        alike = {**_alike(action, model, by), "timestamp": now(), "changes": _masked_all(changes or {})}
        cls.insert_for_each(ids, [cls.object_id], alike)


def changes(before: dict[str, Any], after: dict[str, Any]) -> Changes:
    """What differs between two states of an object; {} stands for not being there."""
    pairs = {name: (before.get(name), after.get(name)) for name in {**before, **after}}
    return {name: (old, new) for name, (old, new) in pairs.items() if _written(old) != _written(new)}


def _alike(action: Action, model: str, by: int | None) -> dict[str, Any]:
    """What entries have alike that are written together."""
    return {"user_id": by, "model": model, "action": action, "request_id": logs.request_id.get()}


def _written(value: Any) -> bytes:
    # Python takes 1, 1.0 and True for equal, and so objects whose keys have another order.
    return msgspec.json.encode(value)


def _masked_all(changed: Changes) -> Changes:
    return {name: _masked(name, pair) for name, pair in changed.items()}


def _masked(name: str, pair: tuple[Any, Any]) -> tuple[Any, Any]:
    if name not in MASKED:
        return pair
    before, after = pair
    return before and MASK, after and MASK
