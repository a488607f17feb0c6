"""No answer depends on who asked what before: each is the table's, for what everybody is at that moment.

tests/security/test_who_may_do_what.py asks for every cell once; here requests that change nothing come in any order,
between changes of who is who: what is remembered of a row, a token or a session for longer than it holds is found.
"""

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from models.user import User
from tests.client import Client
from tests.people import Person, bearer
from tests.security.cookies import from_page
from tests.security.decisions import PAGE, Decision, decisions
from tests.security.everybody import People, Target
from tests.security.requested import check_which, request

Request = tuple[str, str, str, tuple[tuple[str, bool], ...]]
# What each request is answered, by who asks and whose it is, where it changes nothing.
TABLE: dict[Request, dict[tuple[str, str], Decision]] = {}
for each in decisions(PAGE.read_text(encoding="utf-8")):
    if each.method == "GET" or each.status >= 400:
        answers = TABLE.setdefault((each.method, each.path, each.query, tuple(each.fields.items())), {})
        answers |= {(each.who, whose): each for whose in each.whose}
COLUMNS = {"frank": "user", "grace": "other user", "root": "admin", "carol": "second admin", "nobody": "anonymous"}
STAYING, CHANGING = ["root", "carol"], ["frank", "grace"]
CHANGES: dict[str, dict[str, str]] = {
    "user": {"promote": "admin", "delete": "deleted", "end": "user"},
    "admin": {"demote": "user", "end": "admin"},
    "deleted": {"restore": "user"},
}


Question = tuple[Request, str, str, bool, bool]
# What is asked by whom of whose, whether by cookie, and whether with a token that has ended.
QUESTIONS = st.tuples(
    st.sampled_from(list(TABLE)),
    st.sampled_from([*COLUMNS, *CHANGING]),
    st.sampled_from([*STAYING, *CHANGING, "nobody"]),
    st.booleans(),
    st.booleans(),
)


class House(RuleBasedStateMachine):
    """Two who are made admins, and users again, deleted and restored, and log in anew; two admins who do it to them."""

    api: Client
    people: People
    addresses: Iterator[IPv4Address]

    @initialize()
    def begin(self) -> None:
        self.now = dict.fromkeys(CHANGING, "user") | dict.fromkeys(STAYING, "admin")
        self.columns = dict(COLUMNS)
        for name in CHANGING:
            self.call("POST", name, "/restore")
            self.patch(name, "user")
            self.people[name].token = self.people[name].log_in()
        self.ended: dict[str, str] = {}

    @rule(name=st.sampled_from(CHANGING), which=st.integers(0, 5), asked=st.lists(QUESTIONS, min_size=2, max_size=8))
    def change(self, name: str, which: int, asked: list[Question]) -> None:
        possible = list(CHANGES[self.now[name]])
        how = possible[which % len(possible)]
        if how == "end":
            self.call("DELETE", name, "/sessions")
        elif how == "delete":
            self.call("DELETE", name)
        elif how == "restore":
            self.call("POST", name, "/restore")
        else:
            self.patch(name, CHANGES[self.now[name]][how])
        self.now[name] = CHANGES[self.now[name]][how]
        if how == "demote":
            self.columns[name] = "demoted"
        if how in ("end", "delete"):
            self.ended[name] = self.people[name].token
        if how in ("end", "restore"):
            self.people[name].token = self.people[name].log_in()
        for each in asked:
            self.ask(*each)

    def ask(self, asked: Request, asking: str, owner: str, by_cookie: bool, with_ended: bool) -> None:
        # With a token that has ended, one is as who was deleted; but whoever logs in shows none.
        with_ended = with_ended and asking in self.ended and asked[1] != "/auth"
        column = "deleted" if with_ended else self.column(asking)
        decision = TABLE[asked].get((column, "–")) or TABLE[asked].get((column, self.whose(owner, asking)))
        if decision is None:
            return
        actor = None if asking == "nobody" else self.people[asking]
        token = self.ended[asking] if with_ended else actor.token if actor else None
        headers = {} if token is None else from_page(token) if by_cookie else bearer(token)
        # From somewhere else each time, so that no wrong password is one too many; but on this machine.
        self.api.extra_environ = {"REMOTE_ADDR": str(next(self.addresses))}
        target = self.target(owner)
        answer = request(self.api, decision.method, decision, target, headers)
        assert answer.status_int == decision.status, str(decision)
        self.check(decision, answer, target, actor)

    def check(self, decision: Decision, answer: Any, target: Target, actor: Person | None) -> None:
        if answer.body and decision.keys:
            shown = answer.json.get("items", [answer.json])
            assert {frozenset(each) for each in shown} <= {decision.keys}
            check_which(decision, answer.json, target)
            assert decision.shown != "name" or (actor and answer.json["username"] == actor.name)
        if not decision.by_admin:
            for name in self.now.keys() - {actor.name if actor else ""}:
                assert f"{name}@example.com" not in answer.text and f"of {name}" not in answer.text
                assert self.now[name] != "deleted" or name not in answer.text

    def column(self, asking: str) -> str:
        """Where the table says what somebody gets."""
        if asking in STAYING or self.now.get(asking) in (None, "user"):
            return self.columns[asking]
        return self.now[asking]

    def whose(self, owner: str, asking: str) -> str:
        """What the table calls somebody's things, for who asks."""
        kinds = {"user": "a user's", "admin": "an admin's", "deleted": "deleted"}
        return "missing" if owner == "nobody" else "own" if owner == asking else kinds[self.now[owner]]

    def target(self, owner: str) -> Target:
        if owner == "nobody":
            return Target()
        return self.people.things_of(self.people[owner], token=self.people[owner].token)

    def call(self, method: str, name: str, path: str = "") -> None:
        self.api.request(f"/users/{self.people[name].id}{path}", method=method, headers=self.people["root"].headers)

    def patch(self, name: str, role: str) -> None:
        self.api.patch_json(f"/users/{self.people[name].id}", {"role": role}, headers=self.people["root"].headers)


@pytest.fixture
def live(api: Client, person: Callable[..., Person]) -> Callable[..., None]:
    """Lives some lives in one house."""
    House.api, House.people, House.addresses = api, People(api, person), IPv4Network("127.1.0.0/16").hosts()
    for name in STAYING + CHANGING:
        House.people[name]

    def live(**more: Any) -> None:
        few = settings(
            max_examples=15, stateful_step_count=20, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), **more,
        )  # fmt: skip
        run_state_machine_as_test(House, settings=few)

    return live


def test_in_any_order_everybody_gets_what_the_table_says(live: Callable[..., None]) -> None:
    live()


def test_a_row_that_is_remembered_for_too_long_would_be_found(
    live: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[int, User | None] = {}
    find = User.by_id.find
    monkeypatch.setattr(User.by_id, "find", lambda value, **held: kept.setdefault(value, find(value, **held)))
    monkeypatch.setattr(House, "teardown", lambda house: kept.clear())  # each life is to fail by itself
    with pytest.raises(AssertionError):
        live(phases=[Phase.generate], derandomize=True)
