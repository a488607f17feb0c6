"""Reports of one moment are kept together: in one transaction, and each table in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from models.audit import AuditEntry
from models.drafts import Draft, insert_all
from models.notification import Notification
from models.rounds import Rounds
from models.stores import DATABASE_FAULTS, database

if TYPE_CHECKING:
    from models.defect import Defect
    from models.user import User


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


def _keep_together(reports: list[Report]) -> list[bool]:
    """Whether each was kept; who was not is to try alone, to wait or to learn why."""
    try:
        with database.atomic():
            staying = type(reports[0].by).who_stay([each.by for each in reports])
            kept = [each for each, stays in zip(reports, staying, strict=True) if stays]
            if kept:
                keep(kept)
    except DATABASE_FAULTS:
        raise
    except Exception:
        # Something is wrong with one of them, which is no fault of the others.
        return [False] * len(reports)
    return staying


at_one_moment = Rounds(_keep_together)
