"""`/admin/tasks`: what is under way and what came of it; start more, and stop it."""

import falcon

from hooks import authenticated, form, form_once, load, page_of_form, role
from hooks.form import BLANK, Form, as_id, as_number
from hooks.page import Page
from models import policy
from models.idempotency import Once
from models.roles import Role
from models.task import Task
from models.task_kinds import NewTask, Status, TaskFilters, kind_of
from models.user import User
from resources.admin.action import Action
from resources.admin.listed import List
from resources.pages import FormView, View, go, show
from resources.paging import Listing
from resources.repeated import first_answer


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
class TasksPage(List):
    """One's own tasks, and those of users."""

    template = "tasks/list.html"

    @falcon.before(page_of_form, TaskFilters, owner=as_id)
    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, page: Page, filters: TaskFilters) -> None:
        """List tasks that fit the filters."""
        tasks, cursor = Task.page(filters, by=actor, limit=page.limit, before=page.cursor)
        self.show(req, resp, actor, Listing(items=tasks, cursor=cursor), Form(req.params))

    def person(self, item: Task) -> int | None:
        """Whose it is."""
        return item.owner_id


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
class NewTaskPage(FormView):
    """A task to start, of either type."""

    @falcon.before(form, NewTask, seconds=as_number)
    @falcon.before(form_once)
    def on_post(self, req: falcon.Request, resp: falcon.Response, actor: User, body: NewTask, once: Once) -> None:
        """Start it."""
        task = first_answer(
            resp,
            once,
            lambda: Task.submit(body, by=actor, once=once).to_dict(),
            rule=lambda caller: policy.start_task(caller, kind_of(body)),
        )
        go(req, resp, f"/admin/tasks/{task['id']}", actor=actor, saying="The task is on its way.")

    def show(self, req: falcon.Request, resp: falcon.Response, actor: User, form: Form = BLANK) -> None:
        """Ask what to do."""
        show(req, resp, "tasks/new.html", actor=actor, form=form)


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
@falcon.before(load, "task_id", task=Task.usable)
class TaskPage(View):
    """A task: what it does, how it stands and what came of it."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, task: Task) -> None:
        """Show it."""
        names = User.names((task.owner_id, task.cancelled_by), to=actor)
        show(req, resp, "tasks/one.html", actor=actor, task=task, shown=task.to_dict(), names=names)


@falcon.before(authenticated)
@falcon.before(role, Role.ADMIN)
@falcon.before(load, "task_id", task=Task.usable)
class CancelTask(Action):
    """The end of a task before its time."""

    def on_post(self, req: falcon.Request, resp: falcon.Response, actor: User, task: Task) -> None:
        """Stop it."""
        stopped = task.cancel(by=actor)
        is_over = stopped.status == Status.CANCELLED
        saying = "The task is cancelled." if is_over else "The task is being stopped."
        go(req, resp, f"/admin/tasks/{task.id}", actor=actor, saying=saying)
