"""An admin at a browser, with something of every kind to look at."""

from itertools import count
from typing import Any

from models.defect import Defect
from models.defect_document import NewDefect
from models.task import Task
from models.task_kinds import NewDelay
from tests.people import Person
from tests.security.asking import Answer
from tests.security.borne import assert_borne
from tests.security.cookies import FORM, from_page, without
from tests.security.hostile_forms import FORMS
from tests.security.rows import rows

TABLES = ("users", "task", "defect", "notification")


class Desk:
    """root's; the users are alice and root, and the defects are theirs, in that order."""

    def __init__(self, app: Any, alice: Person, root: Person) -> None:
        self._app, self.alice, self.root = app, alice, root
        for actor in (alice.as_actor(), root.as_actor()):
            Defect.report(NewDefect(comment="The door sticks."), by=actor)
        self.task = Task.submit(NewDelay(seconds=60), by=alice.as_actor())
        self._numbers = count()

    def send(self, path: str, body: bytes, kind: str = FORM["Content-Type"]) -> Answer:
        """Post a body to a page; the browser stays logged in, even when it logs in."""
        headers = from_page(self.root.token, Content_Type=kind)
        if path == "/admin/login":
            headers = without(headers, "Cookie")
        return assert_borne(self._app, "POST", self.filled(path), headers=headers, body=body)

    def fill_in(self, path: str, **fields: str) -> Answer:
        """Send a form, rightly filled in but for some fields; a user and a key are new each time."""
        number = next(self._numbers)
        good = {name: value.replace("{number}", f"{number:032x}") for name, value in FORMS[path].items()}
        return self.send(path, "&".join(f"{name}={value}" for name, value in (good | fields).items()).encode())

    def look(self, target: str, **more: str) -> Answer:
        """Open a page."""
        return assert_borne(self._app, "GET", target, headers=from_page(self.root.token, **more))

    def filled(self, path: str) -> str:
        """The path of a form of FORMS."""
        return path.format(alice=self.alice.id)


def kept() -> Any:
    """What a refusal may not change."""
    return [rows(table) for table in TABLES]
