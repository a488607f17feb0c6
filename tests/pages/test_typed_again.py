"""What was typed into a form comes back as it was typed, with what is wrong with it, and as text."""

import hashlib

import pytest

from api.faults import LONGEST_NAME
from tests.pages.browser import ENTRANCE, SITE, Browser, form_with, typed
from tests.pages.hostile import ALL_AT_ONCE, HOSTILE
from tests.pages.reading import faults
from tests.people import Person
from tests.security.rows import rows

LINES = ["\n\nfirst\n", "\r\n".join("ab"), "  \tx\n", "\n</textarea>\n<b>"]
# Text that nothing makes shorter: indexes of Postgres take 2.7 KB.
LONG = "".join(hashlib.sha256(str(number).encode()).hexdigest() for number in range(400))


@pytest.mark.parametrize("text", [ALL_AT_ONCE, *HOSTILE[:5]])
def test_what_was_typed_is_shown_again_as_it_was(roots: Browser, alice: Person, text: str) -> None:
    for address, button, fields in (
        (ENTRANCE, "Log in", {"username": text, "password": "x"}),
        ("/admin/users/new", "Make the account", {"username": text, "email": text, "data": text}),
        (f"/admin/users/{alice.id}", "Save", {"username": text, "email": text, "data": text}),
        ("/admin/defects/new", "Report it", {"comment": text, "timestamp": text}),
        ("/admin/tasks/new", "Start the delay", {"seconds": text}),
        ("/admin/audit", "Filter", {"since": text, "object_id": text, "request_id": text, "user": text}),
        ("/admin/notifications", "Filter", {"defect": text, "request_id": text}),
        ("/admin/tasks", "Filter", {"owner": text}),
    ):  # fmt: skip
        page = roots.send(roots.get(address), button, 401 if address == ENTRANCE else 400, **fields)
        assert typed(page, button).items() >= (fields | ({"password": ""} if "password" in fields else {})).items()


@pytest.mark.parametrize("text", [ALL_AT_ONCE, *HOSTILE[:5]])
def test_the_name_of_a_field_that_nobody_knows_is_text(roots: Browser, text: str) -> None:
    page = roots.post(
        "/admin/users/new", {text: "x", "csrf_token": roots.csrf_token}, headers={"Origin": SITE}, status=400
    )
    shown = text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…"
    assert shown in [name.get_text() for name in page.html.select(".refusal strong")]
    listed = roots.get("/admin/users", {text: text}, status=400)
    assert shown in [name.get_text() for name in listed.html.select(".refusal strong")]


@pytest.mark.parametrize("text", [*LINES, ALL_AT_ONCE])
def test_an_area_gives_back_what_was_put_into_it(roots: Browser, text: str) -> None:
    plain = text.replace("\r\n", "\n")
    roots.do(roots.get("/admin/defects/new"), "Report it", comment=f"{text}.")
    assert rows("defect")[-1]["comment"] == f"{plain}."
    page = roots.do(roots.get("/admin/defects/1"), "Save")
    assert rows("defect")[-1]["comment"] == f"{plain}."
    assert typed(page, "Save")["comment"] == f"{plain}."
    refused = roots.send(roots.get("/admin/tasks/new"), "Run it", 400, code=text + "x" * 2**18)
    assert typed(refused, "Run it")["code"] == plain + "x" * 2**18


def test_no_name_of_a_user_can_be_hostile(roots: Browser) -> None:
    for text in HOSTILE:
        given = {"username": text, "password": "a long password"}
        page = roots.send(roots.get("/admin/users/new"), "Make the account", 400, **given)
        assert faults(page).keys() == {"username"} or text == "\uff1cscript\uff1e"


@pytest.mark.parametrize("key", ["\0", LONG[:300], LONG, "é\n", "<script>"])
def test_what_a_form_carries_beside_its_fields_may_be_anything(roots: Browser, key: str) -> None:
    """It was made by a page of ours, and may be sent by anything."""
    fields = dict(form_with(roots.get("/admin/defects/new"), "Report it").submit_fields())
    answer = roots.post("/admin/defects/new", fields | {"comment": "x", "key": key}, headers={"Origin": SITE})
    assert answer.status_int in (303, 400)
    changed = fields | {"comment": "y", "version": key}
    assert roots.post("/admin/defects/1", changed, headers={"Origin": SITE}).status_int in (303, 400, 404, 412)
