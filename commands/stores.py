"""The stores, as a command opens them for a person."""

import logs
from models.stores import connect
from settings import Settings


def open_stores() -> Settings:
    """Open what the environment names, or end this process with the sentence that says what is wrong."""
    settings = Settings.or_exit()
    # What commands say is for a person to read, not for a log.
    logs.configure("warning")
    connect(settings)
    return settings
