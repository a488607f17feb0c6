"""The audit trail, which the database lets grow and nothing else."""

from playhouse.migrate import PostgresqlMigrator

ON_POSTGRES = [
    """
    CREATE FUNCTION refuse_to_change_the_audit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$
    """,
    """
    CREATE TRIGGER audit_entry_keeps BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_the_audit()
    """,
    """
    CREATE TRIGGER audit_entry_stays BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_audit()
    """,
]
ON_SQLITE = [
    """
    CREATE TRIGGER audit_entry_keeps BEFORE UPDATE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
    """,
    """
    CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
    """,
    # INSERT OR REPLACE fires no delete trigger on a connection without recursive_triggers.
    """
    CREATE TRIGGER audit_entry_is_not_replaced BEFORE INSERT ON audit_entry
    WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
    """,
]


def up(migrator, db):
    postgres = isinstance(migrator, PostgresqlMigrator)
    id_type = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY" if postgres else "INTEGER PRIMARY KEY AUTOINCREMENT"
    # No foreign key on user_id: entries outlive the people they tell of.
    db.execute_sql(f"""
        CREATE TABLE audit_entry (
            id {id_type},
            user_id BIGINT,
            model TEXT NOT NULL,
            object_id TEXT NOT NULL,
            action TEXT NOT NULL CHECK (action IN ('create', 'update', 'destroy')),
            timestamp {"TIMESTAMPTZ" if postgres else "TEXT"} NOT NULL,
            changes TEXT NOT NULL,
            request_id TEXT
        )
    """)
    for statement in ON_POSTGRES if postgres else ON_SQLITE:
        db.execute_sql(statement)
