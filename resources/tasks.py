"""`/tasks`: start what takes its time, ask how it stands, stop it."""

import falcon

from hooks import authenticated, body, idempotent, if_absent, load, page, prefer
from hooks.page import Page
from hooks.prefer import Patience
from models import policy
from models.idempotency import Once
from models.task import Task
from models.task_kinds import NewTask, Status, TaskFilters, kind_of
from models.user import User
from resources import Resource
from resources.paging import Listing, answer
from resources.repeated import first_answer


@falcon.before(authenticated)
class Tasks(Resource):
    """One's own tasks, and for admins those of all users."""

    @falcon.before(page, TaskFilters)
    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, page: Page, filters: TaskFilters) -> None:
        """List tasks, newest first.

        Admins see those of users too. A page ends early where its tasks keep more than 4 MiB.

        200 [TaskDocument]: one page of them
        """
        tasks, cursor = Task.page(filters, by=actor, limit=page.limit, before=page.cursor)
        listing = Listing(items=[task.to_dict() for task in tasks], cursor=cursor)
        answer(req, resp, page, listing, total=lambda most: Task.number(filters, by=actor, most=most))

    @falcon.before(body, NewTask)
    @falcon.before(idempotent)
    @falcon.before(prefer)
    def on_post(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        actor: User,
        body: NewTask,
        once: Once,
        patience: Patience,
    ) -> None:
        """Start a task.

        Anyone may start a delay, admins JavaScript too.

        202 TaskDocument: the task as it stands; Location says where to ask for it
        403: that type of task is for admins
        429: you have MAX_ACTIVE_TASKS that have not ended
        """
        task = first_answer(
            resp,
            once,
            lambda: Task.submit(body, by=actor, once=once).to_dict(),
            rule=lambda caller: policy.start_task(caller, kind_of(body)),
        )
        resp.status = falcon.HTTP_202
        resp.location = f"/tasks/{task['id']}"
        resp.media = patience.for_the_end_of(task)


@falcon.before(authenticated)
@falcon.before(load, "task_id", task=Task.usable)
@falcon.before(prefer)
class OneTask(Resource):
    """A task, for its owner, and for admins if that is a user."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, task: Task, patience: Patience) -> None:
        """Read a task.

        Once it has ended, it never changes again.

        200 TaskDocument: the task as it stands
        """
        resp.media = patience.for_the_end_of(task.to_dict())

    @falcon.before(if_absent)
    def on_delete(
        self, req: falcon.Request, resp: falcon.Response, actor: User, task: Task, patience: Patience
    ) -> None:
        """Stop a task.

        What is still queued is cancelled at once; of what runs, the process is killed first. Repeating it does no harm.

        200 TaskDocument: it is cancelled, and what it did has stopped
        202 TaskDocument: it is being stopped
        409: it has ended in another way
        412: If-None-Match is `*`
        """
        stopped = patience.for_the_end_of(task.cancel(by=actor).to_dict())
        resp.status = falcon.HTTP_202 if stopped["status"] == Status.CANCELLING else falcon.HTTP_200
        resp.media = stopped
