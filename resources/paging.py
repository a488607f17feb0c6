"""The one form that every list answers in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, Self

import falcon
import msgspec

from hooks.page import Page
from models.task.reading import HEAVIEST_PAGE

COUNTED_AT_MOST = 1000


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What a page shows, and the place of its last item if there are more; `places` has those of all items."""

    items: list[Any]
    cursor: int | None
    places: Sequence[int] = ()

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
        places = [place(each) for each in held]
        return cls(items=show(held), cursor=places[-1] if more else None, places=places)

    def light_enough(self) -> Self:
        """The same with fewer items, one at least, if their JSON would be more than HEAVIEST_PAGE."""
        if not self.places or len(msgspec.json.encode(self.items)) <= HEAVIEST_PAGE:
            return self
        weights = accumulate(len(msgspec.json.encode(each)) for each in self.items)
        number = max(1, sum(weight <= HEAVIEST_PAGE for weight in weights))
        return replace(self, items=self.items[:number], cursor=self.places[number - 1])


EMPTY = Listing(items=[], cursor=None)


def answer(
    req: falcon.Request, resp: falcon.Response, page: Page, listing: Listing, *, total: Callable[[int], int]
) -> None:
    """Answer `{"items", "next"}`, with the same link in Link, and totals where they were asked for.

    *total* counts up to a number that it is given. A page that would be too heavy has fewer items.
    """
    listing = listing.light_enough()
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
