"""Totals are counted to a thousand and no further."""

import falcon
import pytest
from falcon.testing import TestClient

from hooks import page
from hooks.page import Page
from resources.paging import Listing, answer


class Numbers:
    """A list of as many numbers as it is told."""

    def __init__(self, length: int) -> None:
        self.length = length

    @falcon.before(page)
    def on_get(self, req: falcon.Request, resp: falcon.Response, page: Page) -> None:
        """List them, greatest first."""
        top = self.length if page.cursor is None else page.cursor - 1
        found = list(range(top, max(0, top - page.limit - 1), -1))
        listing = Listing.of(found, page, show=list, place=int)
        answer(req, resp, page, listing, total=lambda most: min(most, self.length))


def client(length: int) -> TestClient:
    app: falcon.App[falcon.Request, falcon.Response] = falcon.App()
    app.add_route("/numbers", Numbers(length))
    return TestClient(app)


@pytest.mark.parametrize(
    ("length", "total", "exact"), [(0, 0, True), (999, 999, True), (1000, 1000, True), (1001, 1000, False)]
)
def test_a_total_is_exact_up_to_a_thousand(length: int, total: int, exact: bool) -> None:
    listed = client(length).simulate_get("/numbers?count=true&limit=1").json
    assert (listed["total"], listed["total_exact"]) == (total, exact)


@pytest.mark.parametrize("length", [0, 1, 199, 200, 201, 405])
def test_the_union_of_the_pages_is_the_list(length: int) -> None:
    numbers, path, seen = client(length), "/numbers?count=true", []
    while path:
        answered = numbers.simulate_get(path)
        seen += answered.json["items"]
        path = answered.json["next"]
        assert answered.headers.get("Link") == (f'<{path}>; rel="next"' if path else None)
        assert "total" in answered.json, "what was asked for is asked for on the next page too"
    assert seen == list(range(length, 0, -1))
