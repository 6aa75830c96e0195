"""What the guard has read of its host for questions, brought up to date when it is asked."""

from typing import NamedTuple

from hairpin.collect.several import read_this
from hairpin.evidence.reading import Evidence


class Wanted(NamedTuple):
    """What a question needs of the host: see :func:`hairpin.collect.run.collect`."""

    only: tuple[str, ...] = ()
    asks_sets: bool = False


class KeptReading:
    """The readings of this host."""

    def drain(self) -> None:
        """Take what the kernel has told since."""

    def last(self, wanted: Wanted) -> Evidence | None:
        """Return what was read last; None if nothing was."""
        return None

    def read(self, wanted: Wanted) -> Evidence:
        """Return the evidence as it is now."""
        return read_this(only=wanted.only, asks_sets=wanted.asks_sets)
