"""`/admin`: what matters now."""

import falcon

from hooks import authenticated, role
from models import presence, refusals
from models.notification import Notification
from models.notification_document import NoticeStatus, NotificationFilters
from models.roles import Role
from models.task import Task
from models.task_kinds import ENDED, Status, TaskFilters
from models.user import User
from resources.pages import View, show
from resources.paging import COUNTED_AT_MOST

# Whose tasks one may see is looked at one by one; of those that ended there may be millions.
NEWEST = 10_000


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
class Start(View):
    """What waits, what has failed, and who was not let in."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User) -> None:
        """Show how things stand."""
        refused = refusals.latest(by=actor)
        show(
            req,
            resp,
            "start.html",
            actor=actor,
            tasks={status: _tasks(status, actor) for status in Status},
            oldest=Task.oldest(TaskFilters(status=Status.QUEUED), by=actor),
            notices={status: _notices(status, actor) for status in (NoticeStatus.PENDING, NoticeStatus.FAILED)},
            refused=refused,
            names=User.names((each.user_id for each in refused), to=actor),
            newest=NEWEST,
            workers=presence.seen_lately(),
        )


def _tasks(status: Status, actor: User) -> str:
    newest = NEWEST if status in ENDED else None
    return _counted(Task.number(TaskFilters(status=status), by=actor, most=COUNTED_AT_MOST + 1, newest=newest))


def _notices(status: NoticeStatus, actor: User) -> str:
    filters = NotificationFilters(status=status)
    return _counted(Notification.number(filters, by=actor, most=COUNTED_AT_MOST + 1))


def _counted(number: int) -> str:
    return str(number) if number <= COUNTED_AT_MOST else f"more than {COUNTED_AT_MOST}"
