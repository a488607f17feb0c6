"""Copies of the database: made while the service runs, brought back, and moved from SQLite to Postgres."""

from models.copies.backup import back_up
from models.copies.moving import copy_from
from models.copies.restore import part_from_lost_time, restore
from models.copies.sound import CopyFault

__all__ = ["CopyFault", "back_up", "copy_from", "part_from_lost_time", "restore"]
