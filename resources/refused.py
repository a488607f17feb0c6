"""What people are shown where a page is refused them: the form once more, the entrance, or a page that says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

import falcon

import logs
from models import errors
from models.stores import DATABASE_FAULTS
from resources.pages import are_at, lead, show

ENTRANCE = "/admin/login"
CORRECT = "Correct what is marked, and send it again."


def as_pages(req: falcon.Request) -> bool:
    """Whether whoever asks for this looks at pages, be it that there is none."""
    return are_at(req.path)


def refuse(
    req: falcon.Request, resp: falcon.Response, *, title: str, status: int, detail: str, faults: Mapping[str, str]
) -> None:
    """Show what was filled in once more, with what is wrong with it; or a page that says what is wrong."""
    again = req.context.get("again")
    detail = _for_people(req, resp, status, detail)
    if again is not None and _is_shown(again, faults, CORRECT if faults else detail, is_forbidden=status == 403):
        return
    show(
        req,
        resp,
        "refused.html",
        actor=req.context.get("actor"),
        title=title,
        status=status,
        detail=detail,
        faults=faults,
        request_id=logs.current_request_id(),
        back=_back(req, status),
    )


def _back(req: falcon.Request, status: int) -> str | None:
    if req.method == "POST" and status not in (404, 405):
        return req.path  # where the form is, or what leads to the thing that was acted on
    place = "/docs" if status == 403 else "/admin"
    return None if req.path == place else place


def _is_shown(again: Callable[..., None], faults: Mapping[str, str], detail: str, *, is_forbidden: bool) -> bool:
    try:
        again(faults, detail, is_forbidden=is_forbidden)
    except (errors.AerieError, *DATABASE_FAULTS):
        return False  # what it shows beside the form can't be had
    except Exception as error:
        logs.failure("unexpected error", error)
        return False
    return True


def _for_people(req: falcon.Request, resp: falcon.Response, status: int, detail: str) -> str:
    """The sentence for somebody who sees no headers and sends no documents."""
    if status == 400 and detail == errors.Invalid.TEXT:
        return "This can't be taken as it is."
    if status == 405:
        return "Nothing can be sent to this page."
    if status == 412:
        return "It has changed since you opened this page. Look at what it is now; send yours again to have it instead."
    if detail == errors.TooManyAttempts.TEXT:
        return f"Too many passwords were wrong; try again in {resp.get_header('Retry-After')} seconds."
    if status == 429:
        return f"{detail.partition(';')[0]}; try again in {resp.get_header('Retry-After')} seconds."
    if status == 503:
        return f"{detail} Reloading this page sends it again." if req.method == "POST" else detail
    return detail


def to_the_entrance(req: falcon.Request, resp: falcon.Response) -> None:
    """Have somebody log in, and come back to where they wanted to go."""
    looking = req.method in ("GET", "HEAD")
    wanted = quote(req.relative_uri if looking else req.path, safe="")
    lead(resp, f"{ENTRANCE}?next={wanted}{'' if looking else '&lost='}")
