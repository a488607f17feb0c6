"""What came of a run: how many cases, how they were answered, and what was found."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.fuzz.actor import Actor

# Characters, of what was said and of the command.
SHOWN = 1500
# The least part of each one's cases that must be answered 2xx, so that they reach the inside: half of what is usual.
LEAST_THAT_GETS_IN = {Actor.ANONYMOUS: 0.01, Actor.USER: 0.06, Actor.ADMIN: 0.12}


class Kind(NamedTuple):
    """Findings of one kind are shown once, and counted."""

    check: str
    title: str
    operation: str


@dataclass
class Report:
    """Of one actor's run."""

    actor: Actor
    seed: int
    statuses: Counter[int] = field(default_factory=Counter)
    found: Counter[Kind] = field(default_factory=Counter)
    # Of each kind the first: what was said, and the command.
    firsts: dict[Kind, tuple[str, str]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """How many cases were sent, answered and checked."""
        return self.statuses.total()

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to mend."""
        return not self.found and not self.errors and self.gets_in

    @property
    def gets_in(self) -> bool:
        """Whether enough of the cases came further than the door."""
        return self.share(2) >= LEAST_THAT_GETS_IN[self.actor]

    def share(self, hundreds: int) -> float:
        """Which part of the cases was answered 2xx, 4xx and so on."""
        return sum(count for status, count in self.statuses.items() if status // 100 == hundreds) / max(self.cases, 1)

    def add(self, kind: Kind, said: str, command: str) -> None:
        """Count a finding, and keep it if it is the first of its kind."""
        self.found[kind] += 1
        self.firsts.setdefault(kind, (said[:SHOWN], command[:SHOWN]))

    def lines(self) -> list[str]:
        """For people to read."""
        classes = ", ".join(f"{each}xx {self.share(each):.0%}" for each in (2, 3, 4, 5) if self.share(each))
        statuses = ", ".join(f"{status} {count}" for status, count in sorted(self.statuses.items()))
        lines = [f"{self.actor}: {self.cases} cases, {len(self.found)} kinds of findings; {classes} ({statuses})"]
        for kind, count in self.found.most_common():
            said, command = self.firsts[kind]
            lines += ["", f"{kind.operation}: {kind.title} ({kind.check}), {count} times", said, command]
        if not self.gets_in:
            lines.append(f"Only {self.share(2):.1%} were answered 2xx.")
        return lines + self.errors
