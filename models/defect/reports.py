"""Reports of one moment are kept together: in one transaction, and each table in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import logs
from models.audit import AuditEntry
from models.drafts import Draft, insert_all
from models.notification import Notification
from models.rounds import Overdue, Rounds
from models.stores import DATABASE_FAULTS, database

if TYPE_CHECKING:
    from models.defect import Defect
    from models.user import User

# In seconds: some ten rounds. A longer one may be waiting for a lock or hang, and others are no part of that.
PATIENCE = 0.25


class Report(NamedTuple):
    """Somebody's defect, with its entry and its notice."""

    by: User
    defect: Draft[Defect]
    entry: Draft[AuditEntry]
    notice: Draft[Notification]


def keep(reports: Sequence[Report]) -> None:
    """Add reports to a transaction in which whoever made them can't change."""
    insert_all([each.defect for each in reports])
    ids = [each.defect.row.id for each in reports]
    AuditEntry.write_drafts([each.entry for each in reports], ids)
    Notification.write_drafts([each.notice for each in reports], ids)


def kept_together(report: Report) -> bool:
    """Keep it in one transaction with those of the same moment; False if that is to be tried alone."""
    if database.in_transaction():
        # Nothing is kept before that is, and least of all what is others'.
        return False
    try:
        return _at_one_moment.ask(report)
    except Overdue:
        return False


def _keep_together(reports: list[Report]) -> list[bool]:
    """Whether each was kept; who was not is to try alone, to wait or to learn why."""
    users = type(reports[0].by)  # which this module can't import
    try:
        with database.atomic():
            staying = users.who_stay([each.by for each in reports])
            kept = [each for each, stays in zip(reports, staying, strict=True) if stays]
            if kept:
                keep(kept)
    except DATABASE_FAULTS:
        raise
    except Exception as error:
        # Something is wrong with one of them, which is no fault of the others.
        logs.warning("reports go alone", number=len(reports), fault=type(error).__name__)
        return [False] * len(reports)
    return staying


_at_one_moment = Rounds(_keep_together, patience=PATIENCE)
