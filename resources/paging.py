"""The one form that every list answers in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import falcon

from hooks.page import Page

COUNTED_AT_MOST = 1000


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What a page shows, and the place of its last item if there are more."""

    items: list[Any]
    cursor: int | None

    @classmethod
    def of(
        cls,
        found: list[Any],
        page: Page,
        *,
        show: Callable[[list[Any]], list[Any]],
        place: Callable[[Any], int] = lambda each: each.id,
    ) -> Self:
        """From one item more than the page holds, if there are as many; *show* makes documents of those it holds."""
        held = found[: page.limit]
        more = len(found) > page.limit
        return cls(items=show(held), cursor=place(held[-1]) if more else None)


EMPTY = Listing(items=[], cursor=None)


def answer(
    req: falcon.Request, resp: falcon.Response, page: Page, listing: Listing, *, total: Callable[[int], int]
) -> None:
    """Answer `{"items", "next"}`, with the same link in Link, and totals where they were asked for.

    *total* counts up to a number that it is given.
    """
    link = next_page(req, listing)
    document: dict[str, Any] = {"items": listing.items, "next": link}
    if link is not None:
        resp.set_header("Link", f'<{link}>; rel="next"')
    if page.count:
        is_all = page.cursor is None and link is None
        counted = len(listing.items) if is_all else total(COUNTED_AT_MOST + 1)
        document["total"] = min(counted, COUNTED_AT_MOST)
        document["total_exact"] = counted <= COUNTED_AT_MOST
    resp.media = document


def next_page(req: falcon.Request, listing: Listing) -> str | None:
    """The address of the page after this one, if there are more items."""
    return None if listing.cursor is None else _with(req, {"cursor": listing.cursor})


def first_page(req: falcon.Request) -> str | None:
    """The address of the first page of this list, if this is another."""
    return _with(req, {}) if "cursor" in req.params else None


def _with(req: falcon.Request, place: Mapping[str, int]) -> str:
    asked = {name: value for name, value in req.params.items() if name != "cursor"}
    query: str = falcon.to_query_str({**asked, **place})
    return f"{req.path}{query}"
