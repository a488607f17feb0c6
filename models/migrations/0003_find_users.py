"""What users are found by: e-mail addresses whatever their case, and indexes for every filter."""

import unicodedata


def up(migrator, db):
    db.execute_sql("ALTER TABLE users ADD COLUMN email_key TEXT")
    found = db.execute_sql("SELECT id, email FROM users WHERE email IS NOT NULL").fetchall()
    for user_id, email in found:
        db.execute_sql(f"UPDATE users SET email_key = {db.param} WHERE id = {db.param}", (_caseless(email), user_id))
    # Each ends with the id, by which pages are cut.
    db.execute_sql("CREATE INDEX users_live ON users (id) WHERE deleted_at IS NULL")
    db.execute_sql("CREATE INDEX users_deleted ON users (id) WHERE deleted_at IS NOT NULL")
    db.execute_sql("CREATE INDEX users_name ON users (username_key, id)")
    db.execute_sql("CREATE INDEX users_email ON users (email_key, id)")
    db.execute_sql("CREATE INDEX users_role ON users (role, id)")


def _caseless(text):
    # As models/names.py has it today, which may change: what was migrated may not.
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)
