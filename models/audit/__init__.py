"""The audit trail: an entry for every write, in the write's own transaction, never changed after."""

from models.audit.reading import Reading
from models.audit.row import Action, Changes
from models.audit.writing import Writing, changes
from models.drafts import PreparedInsert
from models.prepared import PreparedRow

__all__ = ["Action", "AuditEntry", "Changes", "changes"]


class AuditEntry(Writing, Reading):
    """Who did what to which object when, in which request."""


AuditEntry.by_id = PreparedRow(AuditEntry, AuditEntry.id)
AuditEntry.new = PreparedInsert(AuditEntry)
