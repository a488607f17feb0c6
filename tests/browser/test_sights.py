"""Every page, at three widths, light and dark: whatever is on it runs nowhere, fits, and can be used by everyone."""

import re
from pathlib import Path

import pytest

from api.app import PAGES
from resources.admin.action import Action
from resources.pages import View
from tests.browser.content import Content
from tests.browser.sight import findings
from tests.browser.sights import SIGHTS
from tests.browser.windows import Scheme, Windows

BUILD = Path(__file__).resolve().parents[2] / "build" / "screenshots"
WIDTHS = (1600, 800, 320)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
# All colours and both shapes of each page; axe takes its time.
EXAMINED = {("light", 1600), ("dark", 320)}


def test_every_page_is_among_them() -> None:
    seen = {_without_names(sight.path.partition("?")[0]) for sight in SIGHTS.values()}
    pages = {path for path, page in PAGES.items() if isinstance(page, View) and not isinstance(page, Action)}
    assert {path for path in pages if _without_names(path) not in seen} == set()


@pytest.mark.parametrize("name", SIGHTS)
def test_nothing_on_it_runs_and_it_fits_and_everyone_can_use_it(windows: Windows, content: Content, name: str) -> None:
    page = SIGHTS[name].open(windows, content)
    assert page.evaluate("window.__ran") is None
    faults: list[str] = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=BUILD / f"{name}-{scheme}-{width}.png", full_page=True)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                faults.append(f"It has to be scrolled sideways at {width}.")
            if (scheme, width) in EXAMINED:
                faults += [f"{scheme} at {width}: {finding}" for finding in findings(page)]
    assert faults == []


def _without_names(path: str) -> str:
    return re.sub(r"{[^}]*}", "{}", path)
