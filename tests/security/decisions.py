"""docs/who-may-do-what.md as decisions: who asks for what of whose, and the answer it promises."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.audit.row import AuditDocument
from models.defect_document import DefectDocument
from models.notification_document import NotificationDocument
from models.task_kinds import TaskDocument

PAGE = Path(__file__).parents[2] / "docs" / "who-may-do-what.md"
CARD = frozenset({"id", "username", "created_at"})
ACCOUNT = CARD | {"email", "role", "data", "updated_at"}
TASK, DEFECT, NOTICE, ENTRY = (
    frozenset(each.__annotations__) for each in (TaskDocument, DefectDocument, NotificationDocument, AuditDocument)
)
SHOWN = {
    "account": ACCOUNT,
    "accounts": ACCOUNT,
    "card": CARD,
    "cards": CARD,
    "name": frozenset({"message", "username", "email", "data"}),
    "world": frozenset({"message"}),
    "task": TASK,
    "tasks": TASK,
    "defect": DEFECT,
    "defects": DEFECT,
    "notice": NOTICE,
    "notices": NOTICE,
    "entry": ENTRY,
    "entries": ENTRY,
}
WHO = ["anonymous", "user", "other user", "admin", "second admin", "deleted", "demoted"]
WHOSE = ["own", "a user's", "an admin's", "deleted", "missing", "–"]
HEADER = ["Request", "Whose", *WHO]

_HEADING = re.compile(r"#+ (?:`(?P<path>/\S*)`|.*)")
_REQUEST = re.compile(
    r"(?:`[A-Z]+`, )*`[A-Z]+(?: (?P<path>/[^?`\s]*)?(?P<query>\?[^`\s]+)?)?`(?: with (?P<fields>.+))?"
)
_FIELD = re.compile(r"(wrong )?`(\w+)`")
_CELL = re.compile(rf"(\d{{3}})(?: ({'|'.join(SHOWN)}))?")


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One cell, for one method; `fields` tells of each field whether the right value is sent."""

    method: str
    path: str
    query: str
    fields: dict[str, bool]
    whose: tuple[str, ...]
    who: str
    status: int
    shown: str | None

    def __str__(self) -> str:
        given = ", ".join(name if right else f"wrong {name}" for name, right in self.fields.items())
        request = f"{self.method} {self.path}{self.query}" + (f" with {given}" if given else "")
        whose = " or ".join(self.whose).replace("–", "nobody's")
        return f"{request}, {whose}, by {self.who}"

    @property
    def by_admin(self) -> bool:
        """Whether an admin asks."""
        return self.who in ("admin", "second admin")

    @property
    def keys(self) -> frozenset[str] | None:
        """What there is of each thing that is shown; None where no word tells what that is."""
        found = SHOWN[self.shown] if self.shown else None
        return ACCOUNT | {"deleted_at"} if found is ACCOUNT and self.by_admin else found

    @property
    def methods(self) -> list[str]:
        """Those that are answered so."""
        return ["GET", "HEAD"] if self.method == "GET" else [self.method]

    @property
    def operations(self) -> set[tuple[str, str]]:
        """The same as the OpenAPI document names them."""
        return {(method.lower(), self.path) for method in self.methods}


def decisions(page: str) -> Iterator[Decision]:
    """Read all tables of a page; ValueError quotes a line that can't be read."""
    path, line = "", ""
    try:
        for line in page.splitlines():
            if heading := _HEADING.fullmatch(line):
                path = heading["path"] or ""
            elif line.startswith("|"):
                yield from _row(path, [cell.strip() for cell in line.strip("|").split("|")])
    except ValueError as fault:
        raise ValueError(f"{fault} {line}") from None


def _row(path: str, cells: list[str]) -> Iterator[Decision]:
    if cells in (HEADER, ["---"] * len(HEADER)):
        return
    request, whose, *answers = cells
    asked = _REQUEST.fullmatch(request)
    if asked is None or len(cells) != len(HEADER):
        raise ValueError("This is no request, or has not a cell for everybody:")
    for method in re.findall(r"`([A-Z]+)", request.partition(" with ")[0]):
        for who, cell in zip(WHO, answers, strict=True):
            owners = _owners(whose, who, cell)
            if owners:
                status, shown = _answer(cell)
                yield Decision(
                    method=method,
                    path=asked["path"] or path,
                    query=asked["query"] or "",
                    fields=_fields(asked["fields"]),
                    whose=owners,
                    who=who,
                    status=status,
                    shown=shown,
                )


def _owners(whose: str, who: str, cell: str) -> tuple[str, ...]:
    """Whose things somebody can ask for; nobody has nothing of their own, and everybody else has."""
    owners = tuple(whose.split(", "))
    if not set(owners) <= set(WHOSE):
        raise ValueError(f"{whose!r} is nobody's:")
    nothing = who == "anonymous" and "own" in owners
    if nothing != (cell == "–"):
        raise ValueError("A cell is – for anonymous and own, and for nothing else:")
    return () if nothing else owners


def _answer(cell: str) -> tuple[int, str | None]:
    found = _CELL.fullmatch(cell)
    if found is None:
        raise ValueError(f"{cell!r} is no status with a word that means something:")
    return int(found[1]), found[2]


def _fields(listed: str | None) -> dict[str, bool]:
    fields = {}
    for each in listed.split(", ") if listed else []:
        found = _FIELD.fullmatch(each)
        if found is None:
            raise ValueError(f"{each!r} is no field:")
        fields[found[2]] = not found[1]
    return fields
