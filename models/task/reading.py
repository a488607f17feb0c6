"""Which tasks somebody may see: by id, and page by page."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import peewee
from msgspec import UNSET, UnsetType

from models import policy
from models.erasure import Erasure, not_erased
from models.fields import NOBODY
from models.roles import Role
from models.stores import narrowed
from models.task.cancelling import Cancelling, no_task
from models.task_kinds import TaskFilters

if TYPE_CHECKING:
    from models.task import Task
    from models.user import User

# In bytes of what its tasks keep: a page that would be more is shorter than was asked for.
HEAVIEST_PAGE = 4 * 1024 * 1024
# Columns that have an index of their own together.
PAIRS = {("owner_id", "status"), ("owner_id", "type"), ("status", "type")}


class Reading(Cancelling):
    """Finders; what is not for the actor's eyes is Forbidden or NotFound."""

    @classmethod
    def usable(cls, actor: User, given: uuid.UUID | str) -> Task:
        """The task with that id, if the actor may see and stop it: NotFound comes before Forbidden."""
        task = cls.by_id.find(str(given))
        if task is None:
            raise no_task()
        task.check_use(actor)
        return task

    @classmethod
    def is_over(cls, task_id: str) -> bool:
        """Whether nothing of it will change any more, be it that it is gone."""
        task = cls.by_id.find(task_id)
        return task is None or task.has_ended or Erasure.includes(task.owner_id)

    @classmethod
    def oldest(cls, filters: TaskFilters, *, by: User) -> Task | None:
        """The one that has been there for longest."""
        found = cls.by_id.all(cls._matching(filters, by).order_by(cls.place).limit(1))
        return found[0] if found else None

    @classmethod
    def page(
        cls, filters: TaskFilters, *, by: User, limit: int, before: int | None = None
    ) -> tuple[list[Task], int | None]:
        """Up to *limit* tasks, newest first, from just before a place; fewer where they are heavy.

        With the place of the last if there are more. A task that is erased meanwhile is missing, and no other.
        """
        query = cls._matching(filters, by)
        if before is not None:
            query = query.where(cls.place < before)
        found = list(query.select(cls.place, cls.weight).order_by(cls.place.desc()).limit(limit + 1).tuples())
        number = min(limit, _light_enough([weight for _, weight in found]))
        places = [place for place, _ in found[:number]]
        whole: Any = cls.select().where(cls.place.in_(places)).order_by(cls.place.desc())
        return cls.by_id.all(whole), places[-1] if number < len(found) else None

    @classmethod
    def number(cls, filters: TaskFilters, *, by: User, most: int, newest: int | None = None) -> int:
        """How many there are, of all or of so many of the newest, counted up to *most*."""
        query = cls._matching(filters, by)
        if newest is not None:
            query = query.where(cls.place > cls.select(peewee.fn.MAX(cls.place) - newest))
        found: int = query.limit(most).count()
        return found

    @classmethod
    def _matching(cls, filters: TaskFilters, actor: User) -> Any:
        query = narrowed(
            cls.select(),
            (cls.owner_id, cls._of_one(filters, actor)),
            (cls.status, filters.status),
            (cls.type, filters.type),
            pairs=PAIRS,
        )
        if filters.owner is UNSET and policy.sees_tasks_of_users(actor):
            query = query.where(cls.owner_id.not_in(_other_admins(actor)), not_erased(cls.owner_id))
        return query

    @staticmethod
    def _of_one(filters: TaskFilters, actor: User) -> int | UnsetType:
        """Whose tasks they are, if of one person alone."""
        if filters.owner is UNSET:
            return UNSET if policy.sees_tasks_of_users(actor) else actor.id
        owner = type(actor).by_id.find(filters.owner)
        is_seen = owner is not None and policy.sees_tasks_of(actor, owner) and not owner.is_erased
        return filters.owner if is_seen else NOBODY


def _other_admins(actor: User) -> Any:
    """Those whose tasks an admin doesn't see: they are few, and users may be a million."""
    users = type(actor)
    return users.select(users.id).where(users.role == Role.ADMIN, users.id != actor.id)


def _light_enough(weights: list[int]) -> int:
    """How many make a page that is not too heavy: one at least."""
    total = 0
    for number, weight in enumerate(weights):
        total += weight
        if number and total > HEAVIEST_PAGE:
            return number
    return len(weights)
