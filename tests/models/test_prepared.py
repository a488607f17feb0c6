"""Statements whose SQL is built once are run with the values of each time, and with no others."""

import pytest

from models.drafts import PreparedInsert, insert_all
from models.fields import now
from models.prepared import Prepared, parameter
from models.task import Task
from models.user import User
from tests.people import Person


def test_a_statement_is_run_with_the_values_of_each_time(alice: Person, bob: Person) -> None:
    named = Prepared(lambda: User.select(User.id).where(User.username_key == parameter()))
    assert [named.run((name,)).fetchall() for name in ("alice", "bob", "eve")] == [[(alice.id,)], [(bob.id,)], []]


def test_a_value_that_would_be_the_same_each_time_is_refused(stores: None) -> None:
    with pytest.raises(ValueError, match="no parameters"):
        Prepared(lambda: User.select(User.id).where(User.username_key == "alice")).run(())


def test_rows_are_inserted_with_the_columns_of_each_time_in_whichever_order(alice: Person) -> None:
    moment = now()
    new = PreparedInsert(Task)
    some = {"id": "1", "type": "delay", "params": {"seconds": 1}, "owner_id": alice.id, "status": "queued", "logs": []}
    more = {"created_at": moment, "send_at": moment, "weight": 1, "attempt": 0, "deaths": 0}
    first = new.insert(**some, **more)
    second = new.insert(**more, **some | {"id": "2"}, request_id="r")
    assert second.place > first.place
    found = {task.id: task for task in Task.select()}
    assert (found["1"].params, found["1"].created_at, found["1"].request_id) == ({"seconds": 1}, moment, None)
    assert (found["2"].params, found["2"].created_at, found["2"].request_id) == ({"seconds": 1}, moment, "r")


def test_a_draft_is_inserted_with_what_its_transaction_adds(alice: Person) -> None:
    moment = now()
    draft = PreparedInsert(Task).draft(type="delay", params={"seconds": 1}, owner_id=alice.id, status="queued", logs=[])
    assert draft.row.params == {"seconds": 1}
    draft.add(attempt=0, deaths=0, weight=1, send_at=moment, id="1", created_at=moment)
    insert_all([draft])
    found, added = Task.get(), draft.row
    assert (found.place, found.id, found.params) == (added.place, "1", {"seconds": 1})
    assert (found.created_at, found.owner_id) == (added.created_at, added.owner_id) == (moment, alice.id)
