"""HTML for people: every page, and every refusal of one, is shown here."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import falcon
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import logs
from hooks import csrf
from hooks.client import site
from models import errors, policy, said
from models.stores import DATABASE_FAULTS
from models.user import User
from resources import Resource, shown_as
from resources.static import address_of

ENTRANCE = "/admin/login"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # Without a referrer, browsers would send `Origin: null` with a form.
    "Referrer-Policy": "same-origin",
}
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "admin" / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
TEMPLATES.filters |= shown_as.FILTERS
TEMPLATES.globals |= {
    "static": address_of,
    "policy": policy,
    "allows": policy.allows,
    "new_key": lambda: uuid.uuid4().hex,
}


class View(Resource):
    """Something to look at; `show` shows it, once more with whatever refused the form that is on it."""

    show: Callable[..., None]


class FormView(View):
    """A form on a page of its own."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, **loaded: Any) -> None:
        """Show it as it is before anybody fills it in."""
        self.show(req, resp, **loaded)


def show(req: falcon.Request, resp: falcon.Response, template: str, *, actor: User | None = None, **what: Any) -> None:
    """Answer with a page, of a person who is logged in where it has an *actor*."""
    token = csrf.token_of(str(actor.session_id)) if actor else None
    told = said.heard(actor) if actor and req.method == "GET" else None
    resp.content_type = falcon.MEDIA_HTML
    resp.context.headers = HEADERS
    resp.text = TEMPLATES.get_template(template).render(
        actor=actor, csrf_token=token, told=told, here=req.path, site=site(req), **what
    )


def go(req: falcon.Request, resp: falcon.Response, path: str, *, actor: User, saying: str) -> None:
    """Lead on to a page, where the person is told what was done."""
    said.say(actor, saying)
    lead(resp, path)


def lead(resp: falcon.Response, path: str) -> None:
    """Lead on to a page."""
    resp.status = falcon.HTTP_303
    resp.location = path


def are_wanted(req: falcon.Request) -> bool:
    """Whether whoever asks for this looks at pages, be it that there is none."""
    return req.path in ("/admin", "/docs") or req.path.startswith("/admin/")


def refuse(
    req: falcon.Request, resp: falcon.Response, *, title: str, status: int, detail: str, faults: Mapping[str, str]
) -> None:
    """Show what was filled in once more, with what is wrong with it; or a page that says what is wrong."""
    detail = _for_people(resp, status, detail, faults)
    again = req.context.get("again")
    # What it shows beside the form may be what can't be had.
    with suppress(errors.AerieError, *DATABASE_FAULTS):
        if again is not None:
            again(faults, detail)
            return
    show(
        req,
        resp,
        "refused.html",
        title=title,
        status=status,
        detail=detail,
        faults=faults,
        request_id=logs.current_request_id(),
        back=req.path.rpartition("/")[0] if req.method == "POST" else "/admin",
    )


def _for_people(resp: falcon.Response, status: int, detail: str, faults: Mapping[str, str]) -> str:
    """The sentence for somebody who sees no headers."""
    if faults:
        return "Correct what is marked, and send it again."
    if status == 412:
        return "It has changed since you opened this page. Look at what it is now; send yours again to have it instead."
    if status == 429:
        return f"Too many passwords were wrong; try again in {resp.get_header('Retry-After')} seconds."
    if status == 503:
        return f"{detail} Reload this page to send it again: a form that arrives twice is done once."
    return detail


def to_the_entrance(req: falcon.Request, resp: falcon.Response) -> None:
    """Have somebody log in, and come back to where they wanted to go."""
    wanted = req.relative_uri if req.method in ("GET", "HEAD") else req.path
    lead(resp, f"{ENTRANCE}?next={quote(wanted, safe='')}")
