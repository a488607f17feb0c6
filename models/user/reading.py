"""Which accounts somebody may find: by name, by id, and page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Self

from msgspec import UNSET, UnsetType

from models import policy
from models.account import Account, Card, Deleted, UserFilters
from models.erasure import not_erased
from models.names import caseless, key_if_possible
from models.prepared import Columns, parameter
from models.profile import email_key
from models.search import searching
from models.stores import database, has_substring, narrowed
from models.user.row import UserRow, no_account

if TYPE_CHECKING:
    from models.user import User


class Reading(UserRow):
    """Finders; what is not for the actor's eyes is Forbidden or NotFound."""

    @classmethod
    def live(cls, key: str) -> Self | None:
        """The live account whose name has this key."""
        found: Self | None = cls.select().where(cls.username_key == key, cls.deleted_at.is_null()).first()
        return found

    @classmethod
    def named(cls, actor: User, username: str) -> Self:
        """The live account of that name, if the actor may use it: Forbidden comes before NotFound."""
        key = key_if_possible(username)
        policy.use_name(actor, key)
        account = cls.live(key) if key else None
        if account is None:
            raise no_account()
        return account

    @classmethod
    def with_id(cls, actor: User, user_id: int, deleted: Deleted | UnsetType = UNSET) -> Self:
        """The live account with that id, or a deleted one where an admin asks for them."""
        policy.filter_users(actor, () if deleted is UNSET else ("deleted",))
        account = cls._of_state(deleted).where(cls.id == user_id).first()
        if account is None:
            raise no_account()
        found: Self = account
        return found

    @classmethod
    def usable(cls, actor: User, user_id: int) -> Self:
        """The live account with that id, if the actor may use it: NotFound comes before Forbidden."""
        account = cls.with_id(actor, user_id)
        policy.use_account(actor, account)
        return account

    @classmethod
    def restorable(cls, actor: User, user_id: int) -> Self:
        """The account with that id, live or not, for an admin to restore."""
        return cls.with_id(actor, user_id, Deleted.INCLUDE)

    @classmethod
    def names(cls, ids: Iterable[int | None], *, to: User) -> dict[int | None, str]:
        """The names that those users have now, whoever was deleted too, for an admin; erased ones are missing."""
        policy.manage_users(to)
        wanted = {each for each in ids if each is not None}
        known = cls.id.in_(wanted) & not_erased(cls.id)
        found = cls.select(cls.id, cls.username).where(known) if wanted else ()
        return {user.id: user.username for user in found}

    @classmethod
    def page(
        cls, filters: UserFilters, *, by: User, limit: int, after: int | None = None
    ) -> list[Account] | list[Card]:
        """Up to *limit* accounts by id, from just after one, as they are in a list: for an admin whole, else cards."""
        shown = cls.accounts if policy.sees_everything(by) else cls.cards
        if filters.given():
            with searching(filters.q, by=by):
                return shown.all(database.execute(cls._page_of(cls._matching(filters, by), shown, after, limit)))
        values = (limit,) if after is None else (after, limit)
        return shown.all(cls.pages_of_all.run(values, shown, after is not None))

    @classmethod
    def _page_of(cls, query: Any, shown: Columns, after: Any, limit: Any) -> Any:
        page = query.select(*shown.fields).order_by(cls.id).limit(limit)
        return page if after is None else page.where(cls.id > after)

    @classmethod
    def _page_of_all(cls, shown: Columns, goes_on: bool) -> Any:
        return cls._page_of(cls._of_state(UNSET), shown, parameter() if goes_on else None, parameter())

    @classmethod
    def number(cls, filters: UserFilters, *, by: User, most: int) -> int:
        """How many there are, counted up to *most*."""
        with searching(filters.q, by=by):
            found: int = cls._matching(filters, by).limit(most).count()
        return found

    @classmethod
    def _matching(cls, filters: UserFilters, actor: User) -> Any:
        policy.filter_users(actor, filters.given().keys())
        query = narrowed(
            cls._of_state(filters.deleted),
            (cls.username_key, _if_given(filters.username, caseless)),
            (cls.email_key, _if_given(filters.email, email_key)),
            (cls.role, filters.role),
        )
        if filters.q is not UNSET:
            query = query.where(cls._contains(caseless(filters.q), with_email=policy.sees_everything(actor)))
        return query

    @classmethod
    def _contains(cls, part: str, *, with_email: bool) -> Any:
        in_name = has_substring(cls.username_key, part)
        return in_name | has_substring(cls.email_key, part) if with_email else in_name

    @classmethod
    def _of_state(cls, deleted: Deleted | UnsetType) -> Any:
        if deleted is UNSET:
            return cls.select().where(cls.deleted_at.is_null())
        there = cls.select().where(not_erased(cls.id))
        return there if deleted is Deleted.INCLUDE else there.where(cls.deleted_at.is_null(False))


def _if_given(text: str | UnsetType, key: Callable[[str], str | None]) -> str | None | UnsetType:
    return UNSET if text is UNSET else key(text)
