"""Defects: reported, changed, deleted and read; each beginning and end is told to the counter server."""

from models.defect.reading import Reading
from models.defect.reporting import Reporting
from models.drafts import PreparedInsert
from models.erasure import not_erased
from models.prepared import PreparedRow


class Defect(Reporting, Reading):
    """Something that is wrong, and everything that can be done about it."""


# The key of a comment is for the database alone, and as long as the comment.
Defect.by_id = PreparedRow(Defect, Defect.id, without=(Defect.comment_key,), where=not_erased(Defect.user_id))
Defect.new = PreparedInsert(Defect)
