"""Three-valued truth.  A match that hairpin does not model is UNKNOWN, and the report says so."""

from enum import IntEnum


class Truth(IntEnum):
    """NO < UNKNOWN < YES: ``min`` is and, ``max`` is or, ``~`` is not."""

    NO = 0
    UNKNOWN = 1
    YES = 2

    def __invert__(self) -> "Truth":
        return Truth(2 - self)


def truth_of(value: bool) -> Truth:
    """Return YES or NO."""
    return Truth.YES if value else Truth.NO
