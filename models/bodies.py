"""What a caller may ask for, as types that check themselves however they are built."""

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from models.errors import Invalid

Rule = Callable[[Any], Any]


class Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Base of every request body: fields by type, and a rule for each that has one.

    A rule takes the value and returns it as it is kept, or raises ValueError with a sentence.
    """

    RULES: ClassVar[dict[str, Rule]] = {}
    UNKNOWN: ClassVar[str] = "There is no such field here."

    def __post_init__(self) -> None:
        """Apply every rule; Invalid names all fields at fault."""
        faults: dict[str, str] = {}
        for name, rule in self.RULES.items():
            value = getattr(self, name)
            if value is msgspec.UNSET:
                continue
            try:
                setattr(self, name, rule(value))
            except ValueError as fault:
                faults[name] = str(fault)
        faults = faults or self.faults_together()
        if faults:
            raise Invalid(faults)

    def given(self) -> dict[str, Any]:
        """The fields that were given, with their values as they are kept."""
        values = msgspec.structs.asdict(self)
        return {name: value for name, value in values.items() if value is not msgspec.UNSET}

    def faults_together(self) -> dict[str, str]:
        """Name what is wrong between fields that are each right."""
        return {}


class Filters(Body, kw_only=True):
    """Base of every list's parameters, which come as text; by itself it takes none."""

    UNKNOWN: ClassVar[str] = "There is no such parameter here."
