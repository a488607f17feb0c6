"""What holds before a responder runs; each hook hands it what it proved, as a typed argument.

    @falcon.before(authenticated)            actor: User           or 401; 403 for a forged write by cookie
    @falcon.before(identified)               actor: User | None    GET / alone
    @falcon.before(role, Role.ADMIN)                               or 403
    @falcon.before(body, NewAccount)         body: NewAccount      or 400, 413, 415
    @falcon.before(body, ReplacedUser, user=policy.change_fields)
                                             body: ReplacedUser    or 403 for fields of the `user`
    @falcon.before(credentials)              body: Credentials     the same; log-in alone
    @falcon.before(body, NewTask)            body: NewTask         the same, for each of several kinds
    @falcon.before(idempotent)               once: Once            or 400; comes after `body`
    @falcon.before(prefer)                   patience: Patience
    @falcon.before(client)                   client: Client
    @falcon.before(scraper)                  scraper: Scraper      or 401, 403; the metrics alone
    @falcon.before(load, "username", account=User.named)
                                             account: User         or 403, 404
    @falcon.before(if_match)                 expected: Expected    412 is the verb's to say
    @falcon.before(if_absent)                                      or 412; after `load` of what has no versions
    @falcon.before(page)                     page: Page            or 400
    @falcon.before(page, UserFilters, rule=policy.filter_users)
                                             page: Page, filters: UserFilters or 400, 403
    @falcon.before(query, Visibility, rule=policy.filter_users)
                                             filters: Visibility   or 400, 403

On pages, whose forms and filters are shown again with whatever refused them beside its field:

    @falcon.before(form, NewUser, data=as_object)
                                             body: NewUser
    @falcon.before(form_once)                once: Once            the same form sent twice
    @falcon.before(form_expected)            expected: Expected    the version that was before them
    @falcon.before(page_of_form, UserFilters, rule=policy.filter_users)
                                             page: Page, filters: UserFilters
    @falcon.before(same_origin)                                    or 403; log-in alone

Put `authenticated` on the class: its hooks run before a method's, so that 401 comes first.
"""

from hooks.auth import authenticated, identified, role
from hooks.body import body
from hooks.client import client
from hooks.conditional import if_absent, if_match
from hooks.credentials import credentials
from hooks.csrf import same_origin
from hooks.form import form, form_expected, form_once
from hooks.idempotency import idempotent
from hooks.load import load
from hooks.page import page, page_of_form
from hooks.prefer import prefer
from hooks.query import query
from hooks.scraper import scraper

__all__ = [
    "authenticated",
    "body",
    "client",
    "credentials",
    "form",
    "form_expected",
    "form_once",
    "idempotent",
    "identified",
    "if_absent",
    "if_match",
    "load",
    "page",
    "page_of_form",
    "prefer",
    "query",
    "role",
    "same_origin",
    "scraper",
]
