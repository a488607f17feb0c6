"""How to get to see a page."""

from collections.abc import Callable
from dataclasses import dataclass

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, Response, expect

from tests.browser.content import Content
from tests.browser.windows import Windows

KEEPS_PEOPLE_OUT = {"serious", "critical"}


@dataclass(frozen=True, kw_only=True)
class Sight:
    """A page: where it is and who looks, what is done there, and what is to be seen then."""

    path: str
    who: str = "root"
    then: Callable[[Page], None] | None = None
    status: int = 200
    shows: str = ""

    def open(self, windows: Windows, content: Content) -> Page:
        """Look at it, in a window of its own."""
        if self.status >= 400:
            windows.expected.add(self.status)
        page = windows.open(token=content.get(self.who, ""))
        statuses: list[int] = []
        page.on("response", lambda answer: statuses.append(answer.status) if _is_page(answer) else None)
        page.goto(self.path.format_map(content))
        if self.then:
            self.then(page)
        assert statuses[-1] == self.status
        assert self.shows in _text(page)
        return page


def sent(button: str, **fields: str) -> Callable[[Page], None]:
    """Fill in fields by their names, and press a button."""

    def step(page: Page) -> None:
        form = page.locator("main form", has=page.get_by_role("button", name=button, exact=True))
        for name, text in fields.items():
            form.locator(f"[name={name}]").fill(text)
        with page.expect_navigation():
            form.get_by_role("button", name=button, exact=True).click()

    return step


def unfolded(page: Page) -> None:
    """Unfold the command for curl."""
    page.get_by_text("as curl").click()


def started(page: Page) -> None:
    """Wait until Swagger UI shows what there is."""
    expect(page.locator(".opblock-tag-section .opblock").first).to_be_visible()


def findings(page: Page, within: str = "html") -> list[str]:
    """What axe says keeps people out."""
    page.evaluate(AXE_SCRIPT)
    violations = page.evaluate("part => axe.run(part, {resultTypes: ['violations']}).then(it => it.violations)", within)
    return [
        f"{each['impact']}, {each['id']}: {node['html'][:200]}"
        for each in violations
        if each["impact"] in KEEPS_PEOPLE_OUT
        for node in each["nodes"]
    ]


def _is_page(answer: Response) -> bool:
    return answer.request.is_navigation_request()


def _text(page: Page) -> str:
    """All that can be read, in fields too."""
    text: str = page.evaluate(
        "[document.body.innerText, ...[...document.querySelectorAll('input, textarea')].map(it => it.value)].join()"
    )
    return text
