"""What a person reads on a page."""

import shlex
from typing import Any
from urllib.parse import urlsplit

from webtest import TestResponse


def text(element: Any) -> str:
    """What an element says, as it is shown: browsers make one blank of many."""
    return " ".join(element.get_text().split())


def told(page: TestResponse) -> str | None:
    """What somebody is told of what they have just done."""
    found = page.html.find(class_="told")
    return found and text(found)


def refusal(page: TestResponse) -> str:
    """What is said above the form that was refused, or on a page that is nothing but a refusal."""
    found = page.html.find(class_="refusal") or page.html.main
    return text(found)


def faults(page: TestResponse) -> dict[str, str]:
    """What is said beside each field that is wrong; the field must be marked, and lead to it."""
    found = {}
    for fault in page.html.find_all(class_="fault"):
        (field,) = page.html.find_all(lambda each, fault=fault: fault["id"] in each.get("aria-describedby", "").split())
        assert field["aria-invalid"] == "true"
        found[field["name"]] = text(fault)
    assert len(found) == len(page.html.find_all(attrs={"aria-invalid": "true"}))
    return found


def facts(page: TestResponse) -> dict[str, str]:
    """What a page says of a thing, by what is said."""
    return {text(each): text(each.find_next_sibling("dd")) for each in page.html.select("dl dt")}


def column(page: TestResponse, label: str) -> list[str]:
    """A column of the table, from top to bottom."""
    return [text(cell) for cell in page.html.select(f'td[data-label="{label}"]')]


def ids(page: TestResponse) -> list[str]:
    """The ids of what a list shows, as its links have them."""
    links = [row.find("a")["href"] for row in page.html.select("tbody tr")]
    return [urlsplit(link).path.rpartition("/")[2] for link in links]


def links(page: TestResponse) -> dict[str, str]:
    """Where each link of a page leads, by what it says."""
    return {text(link): link["href"] for link in page.html.find_all("a")}


def code(page: TestResponse, heading: str) -> str:
    """The text under a heading, character by character."""
    found = page.html.find("h2", string=heading).find_next("pre")
    shown: str = found.get_text()
    return shown


def asked_with_curl(page: TestResponse) -> str | None:
    """The address that a page's command asks, as a shell would read it; None where there is no such command."""
    blocks = page.html.select("details.curl pre code")
    if not blocks:
        return None
    (block,) = blocks
    curl, option, header, address = shlex.split(block.get_text())
    assert (curl, option, header) == ("curl", "-H", "Authorization: Bearer $TOKEN")
    assert address.startswith("http://localhost/")
    return address.removeprefix("http://localhost")
