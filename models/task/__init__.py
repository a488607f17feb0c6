"""Tasks: started, run, stopped and read; each ends exactly once, whoever dies meanwhile."""

from models.drafts import PreparedInsert
from models.prepared import PreparedChange, PreparedRow
from models.task.mending import Mending
from models.task.reading import Reading
from models.task.running import Running
from models.task.starting import Starting


class Task(Starting, Running, Reading, Mending):
    """Something that takes its time, and everything that can be done about it."""


Task.by_id = PreparedRow(Task, Task.id)
Task.new = PreparedInsert(Task)
Task.still = PreparedChange(Task, Task.id, Task.status, Task.attempt)
