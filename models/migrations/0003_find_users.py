"""What users are found by: e-mail addresses whatever their case, and indexes for every filter."""

import unicodedata


def up(migrator, db):
    db.execute_sql("ALTER TABLE users ADD COLUMN email_key TEXT")
    found = db.execute_sql("SELECT id, email FROM users WHERE email IS NOT NULL").fetchall()
    for user_id, email in found:
        db.execute_sql(f"UPDATE users SET email_key = {db.param} WHERE id = {db.param}", (_caseless(email), user_id))
    # Each ends with the id, by which pages are cut. The partial ones keep a page of the live, or of the
    # deleted, from stepping over a long run of the others.
    for name, columns, where in (
        ("users_live", "id", "WHERE deleted_at IS NULL"),
        ("users_deleted", "id", "WHERE deleted_at IS NOT NULL"),
        ("users_role", "role, id", ""),
        ("users_role_live", "role, id", "WHERE deleted_at IS NULL"),
        ("users_role_deleted", "role, id", "WHERE deleted_at IS NOT NULL"),
        ("users_name", "username_key, id", ""),
        ("users_email", "email_key, id", ""),
        ("users_email_live", "email_key, id", "WHERE deleted_at IS NULL"),
    ):
        db.execute_sql(f"CREATE INDEX {name} ON users ({columns}) {where}")
    db.execute_sql("DROP INDEX users_live_admins")  # users_role_live serves as well


def _caseless(text):
    # As models/names.py has it today, which may change: what was migrated may not.
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)
