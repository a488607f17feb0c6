"""HTML for people: every page is shown here."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import falcon
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hooks import csrf
from hooks.client import site
from models import policy, said
from models.account import Deleted
from models.audit.row import Action, AuditedModel
from models.notification_document import NoticeStatus
from models.roles import Role
from models.task_kinds import Kind, Status
from models.user import User
from resources import Resource, shown_as
from resources.static import address_of

# Where people look at pages, and where they may be led after log-in.
PLACES = ("/admin", "/docs")
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
    # What a field may be one of.
    **{each.__name__: each for each in (Action, AuditedModel, Deleted, Kind, NoticeStatus, Role, Status)},
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
    waiting = said.heard(actor) if actor and req.method == "GET" else None
    resp.content_type = falcon.MEDIA_HTML
    resp.context.headers = HEADERS
    resp.text = TEMPLATES.get_template(template).render(
        **{"actor": actor, "csrf_token": token, "told": waiting, "here": req.path, "site": site(req)} | what
    )


def go(req: falcon.Request, resp: falcon.Response, path: str, *, actor: User, saying: str) -> None:
    """Lead on to a page, where the person is told what was done."""
    said.say(actor, saying)
    lead(resp, path)


def lead(resp: falcon.Response, path: str) -> None:
    """Lead on to a page."""
    resp.status = falcon.HTTP_303
    resp.location = path


def are_at(path: str) -> bool:
    """Whether a path leads to pages of ours."""
    return any(path == place or path.startswith((f"{place}/", f"{place}?")) for place in PLACES)
