"""The laws of pages, whatever happens between them: nothing twice, nothing lost, and an end."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.names import caseless
from models.roles import Role
from models.user import User
from tests.length import at_length
from tests.people import Person
from tests.security.asking import Answer, ask
from tests.security.rows import rows

ODD = "a%_&+#é'\"\\ ,;=ß"
OF_ALL = {"q": st.text(st.sampled_from(ODD), min_size=1, max_size=2), "count": st.sampled_from(["true", "false"])}
OF_ADMINS = {"role": st.sampled_from(list(Role)), "deleted": st.sampled_from(["include", "only"])}
AS_ALICE = st.tuples(st.just("alice"), st.fixed_dictionaries({}, optional=OF_ALL))
AS_ROOT = st.tuples(st.just("root"), st.fixed_dictionaries({}, optional=OF_ALL | OF_ADMINS))
CHANGES = st.lists(st.tuples(st.sampled_from(["insert", "delete", "restore", "erase"]), st.integers(0, 40)), max_size=8)


class Plan(NamedTuple):
    """Who asks for what, so many a page, among how many; what happens before the second page, the third, and so on."""

    asked: tuple[str, dict[str, str]]
    limit: int
    number: int
    turns: list[list[tuple[str, int]]]


class Step(NamedTuple):
    """A page, and the ids of all that matched when it was asked for."""

    answer: Answer
    ids: list[int]
    matching: list[int]


Walk = Callable[[Plan], list[Step]]


def law(limit: Any, number: Any, turns: int = 0, examples: int = 60) -> Callable[[Any], Callable[..., None]]:
    """Hold a test against many plans."""
    plans = st.builds(Plan, AS_ALICE | AS_ROOT, limit, number, st.lists(CHANGES, max_size=turns))
    kept = [HealthCheck.function_scoped_fixture]
    most = at_length(examples, examples * 20)
    held = settings(max_examples=most, deadline=None, database=None, print_blob=True, suppress_health_check=kept)
    return lambda test: held(given(plan=plans)(test))


@pytest.fixture
def walk(app: Any, alice: Person, root: Person) -> Walk:
    """Follows every `next` as a plan says."""

    def walk(plan: Plan) -> list[Step]:
        who, asked = plan.asked
        User.delete().where(User.id > root.id).execute()
        add(plan.number, like=alice)
        query = urlencode(asked | {"limit": plan.limit}, quote_via=quote if plan.limit % 2 else quote_plus)
        path, steps = f"/users?{query}", list[Step]()
        while path:
            answer = ask(app, "GET", path, headers=(root if who == "root" else alice).headers)
            assert (answer.status, len(steps) < 450) == (200, True), answer.body
            matching = [row["id"] for row in rows("users") if fits(row, who, asked)]
            steps.append(Step(answer, [item["id"] for item in answer.json["items"]], matching))
            path = answer.json["next"]
            for name, pick in plan.turns[len(steps) - 1] if len(steps) <= len(plan.turns) else []:
                change(name, pick, among=[row["id"] for row in rows("users") if row["id"] > root.id], like=alice)
        return steps

    return walk


def add(number: int, *, like: Person) -> None:
    """Add people of both roles with odd names and addresses, odder than they may be, some of them deleted."""
    copied = {name: value for name, value in like.user.__data__.items() if name != "id"}
    first, people = max(row["id"] for row in rows("users")), []
    for n in range(first, first + number):
        name, email = f"{ODD[n % 15]}{ODD[n % 7]}{n}", f"É{ODD[n % 15]}{ODD[n % 4]}@{n}" if n % 3 else None
        keys = {"username_key": caseless(name), "email_key": email and caseless(email)}
        role, deleted_at = Role.ADMIN if n % 5 else Role.USER, None if n % 4 else datetime.now(UTC)
        people.append(copied | keys | {"username": name, "email": email, "role": role, "deleted_at": deleted_at})
    User.insert_many(people).execute()


def change(name: str, pick: int, *, among: list[int], like: Person) -> None:
    """Insert somebody, or delete, restore or erase one of those who are there."""
    if name == "insert" or not among:
        return add(1, like=like)
    update = User.update(deleted_at=datetime.now(UTC) if name == "delete" else None)
    (User.delete() if name == "erase" else update).where(User.id == among[pick % len(among)]).execute()


def fits(row: dict[str, Any], who: str, asked: dict[str, str]) -> bool:
    """Whether somebody is to be listed, found without the product's queries."""
    texts = [row["username_key"], row["email_key"] or ""] if who == "root" else [row["username_key"]]
    states = {"include": [True, False], "only": [True]}.get(asked.get("deleted", ""), [False])
    state_and_role_fit = (row["deleted_at"] is not None) in states and row["role"] == asked.get("role", row["role"])
    return state_and_role_fit and any(caseless(asked.get("q", "")) in text for text in texts)


@law(st.integers(1, 6), st.integers(1, 30), turns=8)
def test_ids_ascend_over_all_pages_so_nothing_comes_twice(walk: Walk, plan: Plan) -> None:
    assert all(before < after for before, after in pairwise(each for step in walk(plan) for each in step.ids))


@law(st.integers(1, 6), st.integers(1, 30), turns=8)
def test_what_matched_throughout_is_there_once_and_all_that_is_there_matched(walk: Walk, plan: Plan) -> None:
    steps = walk(plan)
    ids = [each for step in steps for each in step.ids]
    assert all(ids.count(each) == 1 for each in set.intersection(*[set(step.matching) for step in steps]))
    assert all(set(step.ids) <= set(step.matching) for step in steps)


@law(st.integers(1, 6), st.integers(1, 30), turns=8)
def test_pages_are_full_until_the_one_that_says_it_is_the_last(walk: Walk, plan: Plan) -> None:
    *others, last = walk(plan)
    assert all(len(step.ids) == plan.limit and step.ids[-1] < step.matching[-1] for step in others)
    assert len(last.ids) <= plan.limit and last.ids == last.matching[len(last.matching) - len(last.ids) :]


@law(st.integers(1, 200), st.integers(1, 410), examples=20)
def test_at_rest_the_union_of_the_pages_is_all_that_matches(walk: Walk, plan: Plan) -> None:
    steps = walk(plan)
    assert [each for step in steps for each in step.ids] == steps[0].matching
    assert len(steps) == max(1, -(-len(steps[0].matching) // plan.limit))


@law(st.integers(1, 4), st.integers(1, 40))
def test_next_is_in_link_and_keeps_all_that_was_asked(walk: Walk, plan: Plan) -> None:
    for step in walk(plan):
        link = step.answer.json["next"]
        assert step.answer.headers.get("link") == (link and f'<{link}>; rel="next"')
        kept = dict(parse_qsl(urlsplit(link or "").query))
        assert link is None or kept == plan.asked[1] | {"limit": str(plan.limit), "cursor": kept["cursor"]}


# With alice and root a thousand and one more: without the deleted quarter, and with it.
@law(st.just(200), st.integers(1, 30) | st.sampled_from([1331, 1332, 998, 999]), examples=20)
def test_a_total_is_the_number_of_matches_up_to_a_thousand(walk: Walk, plan: Plan) -> None:
    kept = {name: value for name, value in plan.asked[1].items() if plan.number <= 30 or name == "deleted"}
    for step in walk(plan._replace(asked=(plan.asked[0], kept | {"count": "true"}))):
        total = {"total": min(len(step.matching), 1000), "total_exact": len(step.matching) <= 1000}
        assert total.items() <= step.answer.json.items()
