"""The one form that every list answers in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import falcon

from hooks.page import Page

COUNTED_AT_MOST = 1000


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One item more than the page holds, if there are as many, and the place of each.

    A page that *ends early*, since its items are heavy, holds fewer than was asked for.
    """

    items: list[Any]
    places: list[int]
    ends_early: bool = False


def answer(
    req: falcon.Request, resp: falcon.Response, page: Page, listing: Listing, *, total: Callable[[int], int]
) -> None:
    """Answer `{"items", "next"}`, with the same link in Link, and totals where they were asked for.

    *total* counts up to a number that it is given.
    """
    held = len(listing.items) - 1 if listing.ends_early else page.limit
    more = len(listing.items) > held
    link = _link(req, cursor=listing.places[held - 1]) if more else None
    document: dict[str, Any] = {"items": listing.items[:held], "next": link}
    if link is not None:
        resp.set_header("Link", f'<{link}>; rel="next"')
    if page.count:
        counted = total(COUNTED_AT_MOST + 1)
        document["total"] = min(counted, COUNTED_AT_MOST)
        document["total_exact"] = counted <= COUNTED_AT_MOST
    resp.media = document


def _link(req: falcon.Request, *, cursor: int) -> str:
    asked = {name: value for name, value in req.params.items() if name != "cursor"}
    query: str = falcon.to_query_str({**asked, "cursor": cursor})
    return f"{req.path}{query}"
