"""Notices to the counter server: written with what they tell of, delivered at least once, in order for each defect."""

from models.drafts import PreparedInsert
from models.notification.delivering import Delivering
from models.notification.overseeing import Overseeing
from models.notification.writing import Writing
from models.prepared import PreparedChange, PreparedRow


class Notification(Writing, Delivering, Overseeing):
    """Something that the counter server is to hear, and everything that can be done about it."""


Notification.by_id = PreparedRow(Notification, Notification.id)
Notification.new = PreparedInsert(Notification)
Notification.still = PreparedChange(Notification, Notification.id, Notification.status, Notification.attempts)
