"""Indexes for two filters at once, where what fits one of them seldom fits the other."""


def up(migrator, db):
    # Each ends with the place in the order of its list, by which pages are cut.
    for table, name, columns in (
        ("task", "task_owner_status", "owner_id, status, place"),
        ("task", "task_owner_type", "owner_id, type, place"),
        ("task", "task_status_type", "status, type, place"),
        ("notification", "notification_user_status", "user_id, status, id"),
        ("audit_entry", "audit_entry_user_model", "user_id, model, timestamp, id"),
        ("audit_entry", "audit_entry_model_action", "model, action, timestamp, id"),
    ):
        db.execute_sql(f"CREATE INDEX {name} ON {table} ({columns})")
