"""HTTP in, one verb, HTTP out: a resource for each noun."""

from typing import Any


class Resource:
    """Base of all: HEAD answers as GET does, and Falcon leaves the body out."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "on_get" in cls.__dict__:
            cls.on_head = cls.on_get  # type: ignore[attr-defined]
