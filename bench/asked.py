"""How lists are asked for, by names of values, and how each finds its rows in SQL."""

from dataclasses import dataclass, field

from bench import chores, deeds

# What values are called here, and what the service takes for them.
VALUES: dict[str, object] = {
    "busy": deeds.BUSY, "few": deeds.FEW, "early": deeds.EARLY, "late": deeds.LATE, "deleted": deeds.DELETED,
    "often": deeds.CHANGED_OFTEN, "seldom": 4711, "erased": deeds.ERASED_IN,
    "alice": chores.ALICE, "root": chores.ROOT, "carol": chores.OTHER_ADMIN,
}  # fmt: skip
VALUES |= {f"{part}pc": deeds.moment(deeds.ENTRIES // 100 * part) for part in (10, 45, 55, 90)}
# Of parameters that are not called as their column is.
CONDITIONS = {
    "user": "user_id = {}",
    "owner": "owner_id = {}",
    "defect": "defect_id = {}",
    "since": "timestamp >= '{}'",
    "until": "timestamp < '{}'",
    "count": "1 = 1",
}


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table, where its pages are asked for, and in which order they come.

    *lists* are who asks for what, and the SQL that says which rows that is; *landmarks*, the SQL that says which rows
    are before a page. *alone* is what may cost what it costs. Pages begin after a *cursor*, a value of that column.
    """

    name: str
    path: str
    order: str
    lists: list[tuple[str, str, str]]
    landmarks: dict[str, str] = field(default_factory=dict)
    alone: list[tuple[str, str]] = field(default_factory=list)
    cursor: str = "id"


def asked(query: str) -> str:
    """A query as the service takes it."""
    return "&".join(f"{name}={value}" for name, value in _parameters(query))


def by_columns(who: str, *queries: str) -> list[tuple[str, str, str]]:
    """Lists whose SQL is as their query."""
    return [(who, query, " AND ".join(_conditions(query)) or "1 = 1") for query in queries]


def seen(who: str, visible: str, *queries: str) -> list[tuple[str, str, str]]:
    """The same, of what somebody sees alone."""
    return [(who, query, f"{where} AND {visible}") for who, query, where in by_columns(who, *queries)]


def _conditions(query: str) -> list[str]:
    return [CONDITIONS.get(name, f"{name} = '{{}}'").format(value) for name, value in _parameters(query)]


def _parameters(query: str) -> list[tuple[str, object]]:
    pairs = [parameter.split("=") for parameter in query.split("&") if parameter]
    return [(name, VALUES.get(value, value)) for name, value in pairs]
