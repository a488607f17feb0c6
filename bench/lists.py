"""The lists whose pages are measured."""

from bench import chores, deeds
from bench.asked import Table, by_columns, seen
from bench.million import DELETED_TOGETHER

LIVE, GONE = "deleted_at IS NULL", "deleted_at IS NOT NULL"
# People come after alice and root.
LAST_BEFORE = DELETED_TOGETHER.start + 2
# Of entries that have one time, half come before this.
AMID, ONE_TIME = sum((deeds.ERASED.start, deeds.ERASED.stop)) // 2, deeds.moment(deeds.ERASED.start)
USERS = Table(
    name="users",
    path="/users",
    order="id",
    lists=[
        ("root", "", LIVE),
        ("alice", "", LIVE),
        ("root", "role=user", f"role = 'user' AND {LIVE}"),
        ("root", "role=admin", f"role = 'admin' AND {LIVE}"),
        ("root", "deleted=include", "1 = 1"),
        ("root", "deleted=only", GONE),
        ("root", "deleted=only&role=user", f"role = 'user' AND {GONE}"),
        ("root", "deleted=only&role=admin", f"role = 'admin' AND {GONE}"),
        ("root", "deleted=include&role=user", "role = 'user'"),
        ("root", "email=shared@example.com", f"email_key = 'shared@example.com' AND {LIVE}"),
        (
            "root",
            "email=shared@example.com&role=user",
            f"email_key = 'shared@example.com' AND role = 'user' AND {LIVE}",
        ),
        ("root", "username=user7", f"username_key = 'user7' AND {LIVE}"),
        ("root", "username=again&deleted=only", f"username_key = 'again' AND {GONE}"),
        ("root", "count=true", LIVE),
        ("root", "count=true&role=admin", f"role = 'admin' AND {LIVE}"),
    ],
    landmarks={"before many deleted": f"id <= {LAST_BEFORE}"},
    # A part that many names have, and one that none has.
    alone=[("root", "q=ser9"), ("alice", "q=ser9"), ("root", "q=nobody"), ("alice", "q=nobody")],
)
DEFECTS = Table(
    name="defect",
    path="/api/defects",
    order="id DESC",
    lists=[
        *by_columns("root", "", "user=busy", "user=few", "user=early", "user=late", "user=deleted"),
        *by_columns("root", "count=true", "count=true&user=busy"),
        *by_columns("alice", "", "user=busy", "user=few", "user=early", "user=late"),
        *by_columns("alice", "count=true", "count=true&user=busy"),
    ],
    # To a user a deleted one is nobody. Then parts that many comments have, a few, and none.
    alone=[
        ("alice", "user=deleted"),
        *((who, f"{user}q={part}") for who in ("root", "alice") for user in ("", "user=busy&")
          for part in ("printer", "seldom", "nobody")),
        ("root", "count=true&q=printer"),
    ],
)  # fmt: skip
NOTICES = Table(
    name="notification",
    path="/notifications",
    order="id DESC",
    lists=by_columns(
        "root", "", "status=pending", "status=delivered", "status=failed", "defect=4711", "user=busy", "user=few",
        "user=early", "user=late", "request_id=seldom", "status=pending&user=busy", "status=failed&user=early",
        "status=failed&user=late", "status=delivered&user=few", "count=true", "count=true&status=pending",
    ),
)  # fmt: skip
ENTRIES_READ = Table(
    name="audit_entry",
    path="/audit",
    order="timestamp DESC, id DESC",
    lists=by_columns(
        "root", "", "user=busy", "user=few", "user=early", "user=late", "model=defect", "model=user",
        "model=notification", "model=defect&object_id=often", "object_id=often", "object_id=seldom",
        "action=create", "action=update", "since=90pc", "since=10pc", "until=10pc", "until=90pc",
        "since=45pc&until=55pc", "request_id=erased", "request_id=erased&model=defect",
        "user=busy&model=defect", "user=few&model=defect", "user=busy&model=notification", "user=early&model=user",
        "user=busy&since=90pc", "user=busy&until=10pc", "user=busy&since=45pc&until=55pc", "user=early&since=45pc",
        "user=late&until=55pc", "model=defect&action=update", "model=session&action=update",
        "model=notification&action=destroy", "user=busy&action=update", "user=busy&model=defect&action=update",
        "model=user&since=45pc&until=55pc", "action=update&until=10pc", "count=true", "count=true&model=defect",
        "count=true&user=busy&model=defect",
    ),
    landmarks={"amid many of one time": f"(timestamp > '{ONE_TIME}' OR timestamp = '{ONE_TIME}' AND id > {AMID})"},
)  # fmt: skip
OWN = f"owner_id = {chores.ALICE}"
OTHER_ADMINS = f"SELECT users.id FROM users WHERE users.role = 'admin' AND users.id <> {chores.ROOT}"
OF_USERS = f"owner_id NOT IN ({OTHER_ADMINS})"
TASKS = Table(
    name="task",
    path="/tasks",
    order="place DESC",
    cursor="place",
    lists=[
        *seen(
            "root", OF_USERS, "", "status=queued", "status=running", "status=succeeded", "status=failed",
            "status=cancelled", "type=delay", "type=javascript", "owner=root", "owner=carol", "owner=alice",
            "owner=few", "owner=early", "owner=late", "owner=deleted", "status=queued&type=javascript",
            "status=running&type=delay", "status=running&type=javascript", "status=failed&type=delay",
            "status=failed&type=javascript", "status=succeeded&type=javascript", "owner=alice&status=queued",
            "owner=alice&status=running", "owner=alice&status=failed", "owner=alice&status=cancelled",
            "owner=few&status=succeeded", "owner=early&status=cancelled", "owner=carol&status=failed",
            "owner=alice&type=delay", "owner=alice&type=javascript", "owner=root&type=javascript",
            "owner=root&type=delay", "owner=alice&type=delay&status=failed", "count=true", "count=true&status=failed",
            "count=true&owner=alice", "count=true&type=javascript",
        ),
        *seen(
            "alice", OWN, "", "status=queued", "status=running", "status=failed", "status=cancelled",
            "status=succeeded", "type=delay", "type=javascript", "owner=alice", "owner=few",
            "status=failed&type=delay", "status=failed&type=javascript", "count=true", "count=true&status=failed",
        ),
    ],
    landmarks={"before many of another admin": f"place > {chores.BY_SCRIPT.stop}"},
)  # fmt: skip
TABLES = [USERS, DEFECTS, NOTICES, ENTRIES_READ, TASKS]
