"""A create that arrives while its delete looks whether it has: the delete is never left asleep."""

import random
import threading
import time
from typing import Any

import pytest

from models.notification import Notification, delivering
from models.stores import drop_connection, held
from tests.marks import on_postgres
from tests.people import Person
from tests.security.together import together
from tests.workers.notice_rows import claimed, created_and_deleted, is_free, row


def arrives(begun: Notification) -> threading.Thread:
    """Somebody else who has delivered a notice."""

    def confirm() -> None:
        begun.confirm()
        drop_connection()

    return threading.Thread(target=confirm)


def test_a_delete_that_looks_when_its_create_arrives_is_not_left_asleep(alice: Person) -> None:
    """R25"""
    print(f"seed {(seed := random.randrange(2**32))}")
    chance = random.Random(seed)
    for _ in range(40):
        create, delete = created_and_deleted(alice)
        begun, late = claimed(create), chance.uniform(-0.003, 0.003)

        def act(which: int, begun: Notification = begun, delete: int = delete, late: float = late) -> Any:
            time.sleep(max(0.0, late if which else -late))
            return Notification.claim(delete) if which else begun.confirm()

        _, taken = together(2, act)
        assert taken is not None or is_free(delete)
        assert row(create).status == "delivered"


@on_postgres  # SQLite's writers take turns as a whole
def test_a_create_that_arrives_between_two_looks_is_seen(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    create, delete = created_and_deleted(alice)
    begun = claimed(create)

    def held_after_all(query: Any) -> Any:
        arriving = arrives(begun)
        arriving.start()
        arriving.join(4)
        return held(query)

    monkeypatch.setattr(delivering, "held", held_after_all)
    assert Notification.claim(delete) is not None


@on_postgres
def test_a_create_that_arrives_while_its_delete_goes_to_sleep_wakes_it(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, delete = created_and_deleted(alice)
    begun = claimed(create)
    arriving = arrives(begun)
    changed = Notification._changed

    def changed_slowly(self: Notification, **fields: Any) -> bool:
        arriving.start()
        arriving.join(0.3)
        return changed(self, **fields)

    monkeypatch.setattr(Notification, "_changed", changed_slowly)
    assert Notification.claim(delete) is None
    arriving.join(5)
    assert row(create).status == "delivered"
    assert is_free(delete)
