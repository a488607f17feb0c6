"""Which pages there are, as the table of api/app.py has them."""

import re
from functools import cache

from api.app import PAGES
from resources.admin.action import Action

# For anyone: they take no session.
OPEN = {"/admin/login", "/static/{name}", "/docs"}
CLOSED = sorted(PAGES.keys() - OPEN)
# Whoever opens these is led to the thing that they act on.
ACTIONS = sorted(path for path, page in PAGES.items() if isinstance(page, Action))
TO_LOOK_AT = sorted(set(CLOSED) - set(ACTIONS))


def has(template: str | None, method: str) -> bool:
    """Whether there is such a page, and it takes that method."""
    return template in PAGES and hasattr(PAGES[template], f"on_{method}")


TO_SEND_TO = sorted(path for path in PAGES if has(path, "post"))


def template_of(path: str) -> str | None:
    """The page that an address leads to; None if there is none."""
    fitting = [template for template in PAGES if _pattern(template).fullmatch(path.removesuffix("/"))]
    return min(fitting, key=lambda template: template.count("{"), default=None)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    kinds = {"id": r"[1-9]\d*", "uuid": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"}
    parts = re.split(r"\{\w+(?::(\w+))?\}", template)
    # A split by a pattern with a group gives texts and what the group found, in turn.
    return re.compile(
        "".join(re.escape(part or "") if n % 2 == 0 else kinds.get(part, "[^/]+") for n, part in enumerate(parts))
    )
