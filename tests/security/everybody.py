"""Everybody whom the table of decisions names, and what each of them has."""

from collections.abc import Callable
from dataclasses import dataclass

from models.audit import AuditEntry
from models.defect import Defect
from models.defect_document import NewDefect
from models.notification import Notification
from models.notification_document import NoticeStatus
from models.roles import Role
from models.task import Task
from models.task_kinds import NewDelay
from models.user import User
from tests.client import Client
from tests.people import Person, claims

OWNING = {"a user's": ["bob", "alice"], "an admin's": ["carol", "root"], "deleted": ["dave"]}
ADMINS = ["root", "carol"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """Whose thing it is, and what names it; made up where it is nobody's."""

    username: str = "nobody"
    user_id: int = 999_999
    session_id: str = "00000000-0000-4000-8000-000000000000"
    password: str = "nobody's long password"
    task_id: str = "00000000-0000-4000-8000-000000000000"
    defect_id: int = 999_999
    notification_id: int = 999_999
    entry_id: int = 999_999


class People(dict[str, Person]):
    """Everybody by name, made when first asked for, each with something to keep to themselves."""

    def __init__(self, api: Client, make: Callable[..., Person]) -> None:
        super().__init__()
        self._api, self._make = api, make
        self.tasks: dict[str, str] = {}
        self.defects: dict[str, int] = {}

    def __missing__(self, name: str) -> Person:
        made = self[name] = self._make(name, Role.ADMIN if name in (*ADMINS, "erin") else Role.USER)
        self.tasks[name] = Task.submit(NewDelay(seconds=60), by=made.as_actor()).id
        self.defects[name] = Defect.report(NewDefect(comment="The door sticks."), by=made.as_actor()).id
        failed = {"status": NoticeStatus.FAILED, "next_attempt_at": None, "send_at": None}
        Notification.update(failed).where(Notification.user_id == made.id).execute()
        email = f"{name}@example.com"
        User.update(email=email, email_key=email, data={"diary": f"of {name}"}).where(User.id == made.id).execute()
        if name == "dave":
            self._api.delete(f"/users/{made.id}", headers=self["root"].headers, status=200)
        if name == "erin":
            self._api.patch_json(f"/users/{made.id}", {"role": "user"}, headers=self["root"].headers, status=200)
        return made

    def target(self, whose: str, actor: Person | None) -> Target:
        """Somebody of that kind, and not the actor if there is another."""
        asking = actor.name if actor else ""
        fitting = [asking] if whose == "own" else OWNING.get(whose, [])
        if not fitting:
            return Target()
        owner = self[next((name for name in fitting if name != asking), asking)]
        another = whose == "own" and asking != "dave"  # who can't log in any more
        return self.things_of(owner, token=owner.log_in() if another else owner.token)

    def things_of(self, owner: Person, *, token: str) -> Target:
        """What somebody has, with the session that a token is of."""
        return Target(
            username=owner.name,
            user_id=owner.id,
            session_id=claims(token)["jti"],
            password=owner.password,
            task_id=self.tasks[owner.name],
            defect_id=self.defects[owner.name],
            notification_id=Notification.get(Notification.user_id == owner.id).id,
            entry_id=AuditEntry.get(AuditEntry.user_id == owner.id).id,
        )
