"""What is done on a page without a mouse."""

from playwright.sync_api import Locator, Page

MOST_TABS = 100
IS_FOCUSED = "it => it === document.activeElement"
SHOWS_ITS_FOCUS = """it => {
    const style = getComputedStyle(it);
    return it.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""


def tab_to(target: Locator) -> None:
    """Press Tab until this has the focus, and shows it."""
    for _ in range(MOST_TABS):
        if target.evaluate(IS_FOCUSED):
            break
        target.page.keyboard.press("Tab")
    assert target.evaluate(IS_FOCUSED), f"no way to {target} by Tab"
    assert target.evaluate(SHOWS_ITS_FOCUS), f"the focus on {target} does not show"


def fill(page: Page, label: str, text: str) -> None:
    """Type into a field in place of what is there; in a choice, that chooses."""
    field = page.get_by_label(label, exact=True)
    tab_to(field)
    if field.evaluate("it => it.localName") != "select":
        page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def press(page: Page, name: str) -> None:
    """Press Enter on a link or a button, and wait for the page that it leads to."""
    link, button = (page.get_by_role(role, name=name, exact=True) for role in ("link", "button"))
    tab_to(link.or_(button).first)
    with page.expect_navigation():
        page.keyboard.press("Enter")
