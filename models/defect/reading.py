"""Which defects there are: by id, and page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from models import policy
from models.defect.row import DefectRow, no_defect
from models.defect_document import DefectFilters, comment_key
from models.fields import NOBODY
from models.search import searching
from models.stores import has_substring

if TYPE_CHECKING:
    from models.defect import Defect
    from models.user import User


class Reading(DefectRow):
    """Finders, for everybody."""

    @classmethod
    def readable(cls, actor: User, defect_id: int) -> Defect:
        """The defect with that id, for anybody."""
        defect = cls.by_id.find(defect_id)
        if defect is None:
            raise no_defect()
        return defect

    @classmethod
    def own(cls, actor: User, defect_id: int) -> Defect:
        """The defect with that id, for whoever may delete it: NotFound comes before Forbidden."""
        defect = cls.readable(actor, defect_id)
        policy.withdraw_defect(actor, defect)
        return defect

    @classmethod
    def page(cls, filters: DefectFilters, *, by: User, limit: int, before: int | None = None) -> list[Defect]:
        """Up to *limit* defects, newest first, from just before one."""
        query = cls._matching(filters, by).order_by(cls.id.desc()).limit(limit)
        with searching(filters.q, by=by):
            return cls.by_id.all(query if before is None else query.where(cls.id < before))

    @classmethod
    def number(cls, filters: DefectFilters, *, by: User, most: int) -> int:
        """How many there are, counted up to *most*."""
        with searching(filters.q, by=by):
            found: int = cls._matching(filters, by).limit(most).count()
        return found

    @classmethod
    def _matching(cls, filters: DefectFilters, actor: User) -> Any:
        query = cls.by_id.query()
        if filters.user is not UNSET:
            somebody = filters.user in cls.known({filters.user}, to=actor)
            query = query.where(cls.user_id == (filters.user if somebody else NOBODY))
        if filters.q is not UNSET:
            query = query.where(has_substring(cls.comment_key, comment_key(filters.q)))
        return query
